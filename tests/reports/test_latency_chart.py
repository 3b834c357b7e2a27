"""Response time by percentile on the page: every curve has its name, and words beside it."""

from __future__ import annotations

import re
from itertools import pairwise

import scenes
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from runs import CHARACTERS
from timetrial.model.summary import Summary
from timetrial.reports import as_html
from timetrial.reports.anchors import Anchors
from timetrial.reports.cell_detail import close_ups
from timetrial.reports.cells import cells
from timetrial.reports.latency_chart import LatencyChart, latency_chart, spread
from timetrial.reports.table_view import view


def chart_of(summary: Summary) -> LatencyChart | None:
    measured = {cell.validity.cell: cell for cell in cells(summary)}
    return latency_chart(close_ups(view(summary, summary.tables[0]), measured, Anchors()))


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30), st.floats(0.1, 30))
def test_names_are_moved_apart_and_keep_their_order(places: list[float], gap: float) -> None:
    moved = spread(places, gap)
    assert all(0 <= place <= 100 for place in moved)
    room = min(gap, 100 / max(1, len(places) - 1))
    assert all(after - before > room - 1e-6 for before, after in pairwise(sorted(moved)))
    order = sorted(range(len(places)), key=lambda number: places[number])
    assert [moved[number] for number in order] == sorted(moved)


def test_names_that_have_room_stay_where_they_are() -> None:
    assert spread([10, 90, 50], 17) == [10, 90, 50]


def test_each_curve_lies_on_the_chart_and_ends_at_its_name() -> None:
    chart = chart_of(scenes.good())
    assert chart is not None
    assert {path.stack for path in chart.paths} == set(CHARACTERS)
    for path in chart.paths:
        numbers = [int(number) for number in re.findall(r"-?\d+", path.points)]
        assert all(0 <= number <= 1_000 for number in numbers)
        assert path.leader.split(" ")[0] == path.points.split(" ")[-1]
        assert path.leader.endswith(f"1000,{10 * path.name_at:.0f}")


def test_what_a_curve_shows_is_said_in_words() -> None:
    chart = chart_of(scenes.good())
    assert chart is not None
    assert re.search(r"granian: p50 [\d.]+ ms, p75 [\d.]+ ms, p90 [\d.]+ ms", chart.in_words)
    assert str(escape(chart.in_words)) in as_html(scenes.good())


def test_void_response_times_have_no_curve_and_their_stacks_are_named() -> None:
    chart = chart_of(scenes.troubled())
    assert chart is not None
    assert set(chart.not_shown) == {"gunicorn", "waitress"}
    assert chart_of(scenes.nothing_yet()) is None
