"""Where the points of a history stand, in percent of its chart."""

from __future__ import annotations

from dataclasses import dataclass

from timetrial.analysis.trends import History, Point
from timetrial.model.metrics import METRICS
from timetrial.model.units import significant
from timetrial.reports.figures import figure

_ROOM = 1.06
"""The axis is that much longer than its largest value."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One run."""

    x: float
    y: float
    low: float | None
    """Of the interval, from the top, as `y`."""
    high: float | None
    point: Point
    text: str
    """Its figure with its interval."""
    begins_level: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A history as a chart; zero is its lower edge, so that heights may be compared."""

    dots: tuple[Dot, ...]
    top: str
    """What its upper edge stands for."""
    unit: str


def line_of(history: History) -> Line:
    scale = METRICS[history.metric].scale
    points = history.points
    top = _ROOM * max(point.figure.high or point.figure.value for point in points)
    begin = {change.run for change in history.changes}

    def height(value: float | None) -> float | None:
        return None if value is None else 100 * (1 - value / top)

    dots = tuple(
        Dot(
            x=100 * (number + 0.5) / len(points),
            y=height(point.figure.value) or 0.0,
            low=height(point.figure.low),
            high=height(point.figure.high),
            point=point,
            text=_text(point, scale),
            begins_level=point.run in begin,
        )
        for number, point in enumerate(points)
    )
    return Line(dots, significant(top * scale), METRICS[history.metric].unit)


def _text(point: Point, scale: float) -> str:
    shown = figure(point.figure, scale)
    return f"{shown.text} ({shown.interval})" if shown.interval else shown.text
