"""Figures carry the digits that their interval bears out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.model.missing import MissingKind
from timetrial.model.summary import Estimate, Missing
from timetrial.reports.axes import axis
from timetrial.reports.figures import at_least, figure
from timetrial.reports.ratios import change, relative


@pytest.mark.parametrize(
    ("estimate", "text", "interval"),
    [
        (Estimate(5411.06, 5299.8, 5524.7, 5), "5,410", "5,300–5,520"),
        (Estimate(5411.06, 5410.1, 5412.0, 5), "5,411", "5,410–5,412"),
        (Estimate(0.17205, 0.1711, 0.1730, 5), "0.1721", "0.1711–0.1730"),
        (Estimate(157.0, 157.0, 157.0, 5), "157", "157–157"),
        (Estimate(9.96, 2.1, 40.5, 3), "9.96", "2.10–40.50"),
        (Estimate(1234.5, None, None, 1), "1,230", None),
        (Estimate(0.0, None, None, 1), "0.00", None),
    ],
)
def test_digits_follow_the_interval(estimate: Estimate, text: str, interval: str | None) -> None:
    written = figure(estimate)
    assert (written.text, written.interval) == (text, interval)


def test_a_missing_figure_is_a_dash_with_its_reason() -> None:
    missing = Missing(MissingKind.TOO_FEW_RESPONSES, q=0.99, needed=10_000, count=780)
    written = figure(missing)
    assert written.text == "–"
    assert written.missing
    assert written.why_missing == missing.reason != ""


def test_a_lower_bound_is_marked_and_has_no_interval() -> None:
    assert at_least(Estimate(5411.06, 5299.8, 5524.7, 5)).text == "≥ 5,410"
    assert at_least(Estimate(5411.06, 5299.8, 5524.7, 5)).interval is None


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (Estimate(1.389, 1.355, 1.423, 5), "38.9 % [35.5, 42.3] more requests than b"),
        (Estimate(0.75, 0.70, 0.80, 5), "25.0 % [20.0, 30.0] fewer requests than b"),
        (Estimate(3.21, 2.99, 3.45, 5), "3.21 times [2.99, 3.45] as many requests as b"),
        (Estimate(1.5, None, None, 2), "50.0 % more requests than b"),
    ],
)
def test_ratios_read_as_people_say_them(ratio: Estimate, words: str) -> None:
    assert relative(ratio, than="b", of="requests") == words


def test_a_change_has_signs() -> None:
    signed = "-25.0 % [-30.0, +2.0]"
    assert change(Estimate(0.75, 0.70, 1.02, 5)) == signed


def test_a_ratio_turned_around_keeps_its_interval_in_order() -> None:
    assert Estimate(2.0, 1.6, 2.5, 5).inverse() == Estimate(0.5, 0.4, 0.625, 5)


@given(st.floats(1e-6, 1e9))
def test_an_axis_begins_at_zero_and_reaches_past_the_largest_value(highest: float) -> None:
    end, ticks = axis(highest)
    assert end > highest
    assert 2 <= len(ticks) <= 6
    assert (ticks[0].at, ticks[0].label) == (0, "0")
    assert len({tick.label for tick in ticks}) == len(ticks)
    assert all(0 <= tick.at <= 100 for tick in ticks)
