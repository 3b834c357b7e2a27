"""Where curves of response time by percentile are on the page, with their names. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from timetrial.analysis.statistics.quantile import percentile
from timetrial.model import Interface
from timetrial.reports.axes import Axis, Tick, axis_of_logs
from timetrial.reports.cell_detail import PERCENTILES, CloseUp
from timetrial.reports.percentiles import Curve

_LEAST_PX, _A_NAME_PX = 220, 17
"""Height of a chart, and of a line of text in it."""
_SHORTEST_MS = 1e-6
"""A time of 0 has no place on a logarithmic axis."""
_EVERY = 2
"""Of the points of a curve: more of them are not visible."""
_SCALE = 10
"""Paths are in tenths of a percent, as whole numbers."""


@dataclass(frozen=True, slots=True)
class Path:
    """One stack's curve."""

    stack: str
    interface: Interface
    points: str
    """As SVG has them, 0 to 1000 in both directions."""
    leader: str
    """From the end of the curve to its name."""
    name_at: float
    """Percent of the height, from the top."""


@dataclass(frozen=True, slots=True)
class LatencyChart:
    height_px: int
    percentiles: tuple[Tick, ...]
    times: tuple[Tick, ...]
    """In ms; places are from the top."""
    paths: tuple[Path, ...]
    not_shown: tuple[str, ...]
    """Stacks whose response times are void, or too few."""
    in_words: str
    """What it shows, for those who do not see it."""


def latency_chart(close_ups: Sequence[CloseUp]) -> LatencyChart | None:
    """Lay out the curves of a benchmark; None where there is none."""
    drawn = [(close_up, close_up.curve) for close_up in close_ups if close_up.curve is not None]
    if not drawn:
        return None
    ends = [_nines(curve.points[-1][0]) for _, curve in drawn]
    furthest = max(*ends, 1.0)
    times = axis_of_logs([_time(ms) for _, curve in drawn for _, ms in curve.points])
    height = max(_LEAST_PX, _A_NAME_PX * len(drawn))
    heights = [100 - times.at(_time(curve.points[-1][1])) for _, curve in drawn]
    names = spread(heights, 100 * _A_NAME_PX / height)
    return LatencyChart(
        height_px=height,
        percentiles=tuple(_percentile_ticks(furthest)),
        times=tuple(Tick(100 - tick.at, tick.label) for tick in times.ticks),
        paths=tuple(
            Path(
                close_up.row.name,
                close_up.row.row.stack.interface,
                _points(curve, furthest, times),
                _joined([(100 * end / furthest, at), (100, name)]),
                name,
            )
            for (close_up, curve), end, at, name in zip(drawn, ends, heights, names, strict=True)
        ),
        not_shown=tuple(each.row.name for each in close_ups if each.curve is None),
        in_words="; ".join(_in_words(close_up) for close_up, _ in drawn),
    )


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Move places between 0 and 100 apart, as little as a walk there and back takes.

    Their order stays. Where 100 is too short for all gaps, these are equal and smaller.
    """
    order = sorted(range(len(places)), key=lambda number: places[number])
    gap = min(gap, 100 / max(1, len(places) - 1))
    moved: list[float] = []
    for number in order:
        moved.append(max(places[number], moved[-1] + gap if moved else 0.0))
    highest = 100.0
    for place in reversed(range(len(moved))):
        moved[place] = min(moved[place], highest)
        highest = moved[place] - gap
    by_number = dict(zip(order, moved, strict=True))
    return [max(0.0, by_number[number]) for number in range(len(places))]


def _percentile_ticks(furthest: float) -> Iterator[Tick]:
    yield Tick(0.0, "p0")
    for q in PERCENTILES:
        nines = _nines(1 - q)
        if nines <= furthest + 1e-9:
            yield Tick(100 * nines / furthest, percentile(q))


def _points(curve: Curve, furthest: float, times: Axis) -> str:
    last = len(curve.points) - 1
    kept = [point for i, point in enumerate(curve.points) if i % _EVERY == 0 or i == last]
    return _joined(
        [(100 * _nines(beyond) / furthest, 100 - times.at(_time(ms))) for beyond, ms in kept]
    )


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_SCALE * x:.0f},{_SCALE * y:.0f}" for x, y in points)


def _in_words(close_up: CloseUp) -> str:
    figures = ", ".join(f"{name} {time.text} ms" for name, time in close_up.percentiles)
    return f"{close_up.row.name}: {figures or 'too few responses for a percentile'}"


def _nines(beyond: float) -> float:
    return -math.log10(beyond) + 0.0


def _time(ms: float) -> float:
    return max(ms, _SHORTEST_MS)
