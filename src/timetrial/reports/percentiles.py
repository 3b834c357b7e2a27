"""Response time by percentile, as far as the responses carry it. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from timetrial._engine import Histogram
from timetrial.analysis.statistics.quantile import TAIL_RESPONSES, merged
from timetrial.model import NS_PER_MS
from timetrial.reports.cells import MeasuredCell

_STEPS_A_NINE = 20
"""Points between p90 and p99, and as many between any two further nines."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One stack's response times."""

    stack: str
    points: tuple[tuple[float, float], ...]
    """(share of the responses that took longer, 0 to 1; response time in ms), from the shortest."""
    responses: int


def curve(cell: MeasuredCell) -> Curve | None:
    """Add up all rounds that count; None where response times are void, or too few."""
    if cell.validity.response_time_void_by:
        return None
    windows = [window for measurement in cell.counted() for window in measurement.windows]
    return curve_of(
        cell.stack.name, merged(windows), sum(window.counts.unanswered for window in windows)
    )


def curve_of(stack: str, times: Histogram, lost: int) -> Curve | None:
    """Make the curve of response times; of `lost` ones more it is only known that they are long.

    None where there are too few.
    """
    points = tuple(
        (beyond, times.quantile(1 - beyond) / NS_PER_MS)
        for beyond in _shares(times.count)
        # Of those without an answer it is only known that they take longer.
        if lost < beyond * times.count
    )
    return Curve(stack, points, times.count) if points else None


def has_quantile(times: Histogram, q: float, lost: int, *, at_least: int = TAIL_RESPONSES) -> bool:
    """Whether enough responses lie beyond a quantile; of `lost` ones the time is not known."""
    # The product in floating point may fall short of a whole number by a rounding error.
    beyond = round(times.count * (1 - q), 6)
    return beyond >= at_least and lost < beyond


def _shares(count: int) -> Iterator[float]:
    """Yield shares of the responses, from all of them down to `TAIL_RESPONSES`."""
    if count < TAIL_RESPONSES:
        return
    last = math.log10(count / TAIL_RESPONSES)
    steps = math.floor(last * _STEPS_A_NINE + 1e-9)
    yield from (10 ** (-step / _STEPS_A_NINE) for step in range(steps + 1))
