"""The chart of a history: dates are below it, and a change is seen."""

from __future__ import annotations

import dataclasses

from timetrial.analysis.trends import History, Point, changes
from timetrial.model import Estimate
from timetrial.web.history_chart import dates, line_of


def a_history(values: list[float]) -> History:
    points = tuple(
        Point(
            number,
            f"2026-10-{number:02}T09:00:00+00:00",
            Estimate(value, value * 0.99, value * 1.01, 5),
            "1",
            (),
        )
        for number, value in enumerate(values, start=1)
    )
    return History(
        "shop", "json", "uvicorn", "ASGI", "throughput", "a machine", "GET /", points,
        changes(points),
    )  # fmt: skip


def test_a_change_of_level_of_a_tenth_is_seen_and_the_scale_says_that_it_is_cut() -> None:
    line = line_of(a_history([4_000.0] * 6 + [3_600.0] * 6))
    assert line.dots[6].y - line.dots[5].y > 40
    assert not line.from_zero
    first, second = line.levels
    assert (first.x1, first.x2, second.x2) == (0, second.x1, 100)
    assert second.y > first.y
    assert [dot.begins_level for dot in line.dots].index(True) == 6


def test_every_dot_and_both_ends_of_its_interval_lie_on_the_chart() -> None:
    line = line_of(a_history([1.0, 900.0, 40.0]))
    ends = [end for dot in line.dots for end in (dot.low, dot.y, dot.high) if end is not None]
    assert all(0 <= end <= 100 for end in ends)
    assert line.from_zero
    assert line.levels == ()


def test_one_run_without_an_interval_has_a_chart() -> None:
    history = a_history([4_000.0])
    (point,) = history.points
    alone = dataclasses.replace(point, figure=Estimate(4_000.0, None, None, 1))
    line = line_of(dataclasses.replace(history, points=(alone,)))
    assert (line.dots[0].x, line.dots[0].low) == (50, None)
    assert [tick.label for tick in line.dates] == ["1 Oct"]


def test_the_shape_is_said_in_words() -> None:
    said = line_of(a_history([4_000.0, 3_000.0, 3_500.0])).in_words
    assert said == (
        "3 runs from 2026-10-01 to 2026-10-03, 3,000 to 4,000 requests/s, the last 3,500"
    )


def test_dates_are_few_and_a_day_that_is_labelled_already_has_times() -> None:
    day = [f"2026-10-03T{hour:02}:30:00+00:00" for hour in range(3)]
    assert [tick.label for tick in dates(day)] == ["3 Oct", "01:30", "02:30"]
    years = [f"{year}-01-31T00:00:00+00:00" for year in range(2000, 2030)]
    assert [tick.label for tick in dates(years)] == [
        f"31 Jan {year}" for year in range(2000, 2030, 5)
    ]
    assert list(dates(["a text"])) == []
