"""A history as a chart, in percent of its size: dates below, a scale that shows changes. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from timetrial.analysis.trends import History, Point
from timetrial.model import METRICS, significant
from timetrial.reports.axes import Axis, Tick, axis_around
from timetrial.reports.figures import figure

_MOST_DATES = 6


@dataclass(frozen=True, slots=True)
class Dot:
    """One run."""

    x: float
    y: float
    low: float | None
    """An end of the interval, from the top, as `y`."""
    high: float | None
    point: Point
    text: str
    """Its figure with its interval."""
    begins_level: bool


@dataclass(frozen=True, slots=True)
class Level:
    """Runs between two changes."""

    x1: float
    x2: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """One history; places are from the left and from the top."""

    dots: tuple[Dot, ...]
    levels: tuple[Level, ...]
    """Empty without a change."""
    values: tuple[Tick, ...]
    dates: tuple[Tick, ...]
    from_zero: bool
    unit: str
    in_words: str
    """What it shows, for those who do not see it."""


def line_of(history: History) -> Line:
    scale, unit = METRICS[history.metric].scale, METRICS[history.metric].unit
    points = history.points
    begin = {change.run for change in history.changes}
    shown = [value * scale for point in points for value in _values(point)]
    vertical = axis_around(shown)

    def height(value: float | None) -> float | None:
        return None if value is None else 100 - vertical.at(value * scale)

    dots = tuple(
        Dot(
            x=_place(number, points),
            y=height(point.figure.value) or 0.0,
            low=height(point.figure.low),
            high=height(point.figure.high),
            point=point,
            text=_text(point, scale),
            begins_level=point.run in begin,
        )
        for number, point in enumerate(points)
    )
    return Line(
        dots=dots,
        levels=tuple(_levels(history, vertical, scale)),
        values=tuple(Tick(100 - tick.at, tick.label) for tick in vertical.ticks),
        dates=tuple(dates([point.created_at for point in points])),
        from_zero=vertical.low == 0,
        unit=unit,
        in_words=_in_words(points, scale, unit),
    )


def dates(moments: Sequence[str]) -> Iterator[Tick]:
    """Label some moments with their dates, or with the time of a day that is labelled already."""
    years = {moment[:4] for moment in moments}
    every = math.ceil(len(moments) / _MOST_DATES)
    before = ""
    for number, moment in enumerate(moments):
        if number % every:
            continue
        try:
            when = datetime.fromisoformat(moment)
        except ValueError:
            continue
        day = f"{when:%-d %b %Y}" if len(years) > 1 else f"{when:%-d %b}"
        yield Tick(_place(number, moments), f"{when:%H:%M}" if day == before else day)
        before = day


def _place(number: int, of: Sequence[object]) -> float:
    return 100 * (number + 0.5) / len(of)


def _values(point: Point) -> Iterator[float]:
    yield from (
        value
        for value in (point.figure.low, point.figure.value, point.figure.high)
        if value is not None
    )


def _levels(history: History, vertical: Axis, scale: float) -> Iterator[Level]:
    if not history.changes:
        return
    runs = [point.run for point in history.points]
    edges = [0, *(runs.index(change.run) for change in history.changes), len(runs)]
    levels = [history.changes[0].before, *(change.after for change in history.changes)]
    for (first, end), level in zip(itertools.pairwise(edges), levels, strict=True):
        y = 100 - vertical.at(level * scale)
        yield Level(100 * first / len(runs), 100 * end / len(runs), y)


def _text(point: Point, scale: float) -> str:
    shown = figure(point.figure, scale)
    return f"{shown.text} ({shown.interval})" if shown.interval else shown.text


def _in_words(points: Sequence[Point], scale: float, unit: str) -> str:
    values = [point.figure.value * scale for point in points]
    first, last = points[0], points[-1]
    return (
        f"{len(points)} runs from {first.created_at[:10]} to {last.created_at[:10]}, "
        f"{significant(min(values))} to {significant(max(values))} {unit}, the last "
        f"{significant(values[-1])}"
    )
