"""Change points of the mean of a series, by PELT: an exact search, linear with many changes.

Killick, Fearnhead & Eckley, Optimal detection of changepoints with a linear computational cost,
Journal of the American Statistical Association 107 (2012). The cost of a segment is that of normal
values around its mean, with one standard deviation for the whole series; each change costs a
penalty of 15 ln n, as in Barrett et al., Virtual machine warmup blows hot and cold (OOPSLA 2017).
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence

PENALTY_PER_LOG_N = 15.0
SHORTEST_SEGMENT = 2
"""Fewest values of a level: a single outlier is no new level."""
_MAD_TO_SD = 1.4826
"""Standard deviation over median absolute deviation, for normal values."""


def change_points(
    values: Sequence[float], sd_at_least: float = 0.0, penalty: float | None = None
) -> tuple[int, ...]:
    """Return the indices (0 to n) at which a new level begins, in order.

    `sd_at_least` is a lower bound of the noise's standard deviation, in the unit of the values.
    `penalty` is 15 ln n by default. Raises ValueError for values that are not finite.
    """
    if not all(map(math.isfinite, values)):
        raise ValueError("a series for change points has values that are not finite")
    n = len(values)
    sd = max(noise_sd(values), sd_at_least)
    if n < 2 * SHORTEST_SEGMENT or max(values) == min(values):
        return ()
    # Without noise every change counts, however small: the scale is a fraction of the range.
    scale = sd or (max(values) - min(values)) / 1e6
    middle = statistics.median(values)
    scaled = [(value - middle) / scale for value in values]
    return _pelt(scaled, PENALTY_PER_LOG_N * math.log(n) if penalty is None else penalty)


def noise_sd(values: Sequence[float]) -> float:
    """Estimate the noise from consecutive differences, which neither steps nor a trend inflate."""
    steps = [b - a for a, b in itertools.pairwise(values)]
    if not steps:
        return 0.0
    middle = statistics.median(steps)
    return _MAD_TO_SD * statistics.median(abs(step - middle) for step in steps) / math.sqrt(2)


class Costs:
    """Prefix sums for the cost of any segment: the sum of squares around its mean."""

    def __init__(self, values: Sequence[float]) -> None:
        self._sums = [0.0, *itertools.accumulate(values)]
        self._squares = [0.0, *itertools.accumulate(value * value for value in values)]

    def __call__(self, begin: int, end: int) -> float:
        total = self._sums[end] - self._sums[begin]
        squares = self._squares[end] - self._squares[begin]
        return max(0.0, squares - total * total / (end - begin))


def _pelt(values: Sequence[float], penalty: float) -> tuple[int, ...]:
    """Find the segmentation with the least cost + penalty for each change."""
    n, cost = len(values), Costs(values)
    best = [math.inf] * (n + 1)
    best[0] = -penalty
    last_change = [0] * (n + 1)
    candidates = [0]
    dropped_at: dict[int, int] = {}
    for end in range(SHORTEST_SEGMENT, n + 1):
        candidates = [begin for begin in candidates if dropped_at.get(begin, n + 1) > end]
        totals = {begin: best[begin] + cost(begin, end) for begin in candidates}
        chosen = min(totals, key=totals.__getitem__)
        best[end], last_change[end] = totals[chosen] + penalty, chosen
        for begin, total in totals.items():
            # From there on, a segment that begins at `end` is at least as good as one from `begin`.
            if total >= best[end]:
                dropped_at.setdefault(begin, end + SHORTEST_SEGMENT)
        candidates.append(end - SHORTEST_SEGMENT + 1)
    return _traced(last_change)


def _traced(last_change: Sequence[int]) -> tuple[int, ...]:
    found: list[int] = []
    place = last_change[-1]
    while place:
        found.append(place)
        place = last_change[place]
    return tuple(reversed(found))
