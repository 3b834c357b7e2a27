"""Tests of whether a sequence stays what it is. Pure; randomness is seeded.

Trend: Mann (1945) and Kendall, exact. Level shift: the split into two parts with the largest t, its
p by permutation (as in change-point tests of Pettitt's kind, which are too coarse for a dozen
rounds).
"""

from __future__ import annotations

import itertools
import math
import random
import statistics
from collections.abc import Sequence
from functools import cache

SHORTEST_PART = 3
PERMUTATIONS = 2_000
EXACT_UP_TO = 60
"""Beyond, the normal distribution is as good."""
_WORTH_A_TEST = 3.0
"""A largest t below that is nothing in a dozen values, and permutations take their time."""


def trend_p(values: Sequence[float]) -> float:
    """Return the two-sided p of 'no trend': exact for up to 60 values without ties."""
    n = len(values)
    pairs = itertools.combinations(values, 2)
    rising = sum((later > earlier) - (later < earlier) for earlier, later in pairs)
    if n > EXACT_UP_TO:
        z = max(0, abs(rising) - 1) / math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
        return math.erfc(z / math.sqrt(2))
    inversions = (n * (n - 1) // 2 - abs(rising)) // 2
    counts = _permutations_by_inversions(n)
    return min(1.0, 2 * sum(counts[: inversions + 1]) / math.factorial(n))


def change(values: Sequence[float]) -> float:
    """Return by which factor a straight line through positive values rises or falls, less one."""
    logs = [math.log(value) for value in values]
    slope = statistics.linear_regression(range(len(logs)), logs).slope
    return math.expm1(slope * (len(logs) - 1))


def lag_1(values: Sequence[float]) -> float:
    """Return the correlation of values with the next ones; 0 where all are alike."""
    mean = statistics.fmean(values)
    off = [value - mean for value in values]
    spread = sum(each * each for each in off)
    return sum(a * b for a, b in itertools.pairwise(off)) / spread if spread else 0.0


def level_shift(values: Sequence[float]) -> tuple[int, float]:
    """Return where the second level begins, and the p of 'there is but one level'."""
    if len(values) < 2 * SHORTEST_PART:
        return 0, 1.0
    place, largest = _best_split(values)
    if largest < _WORTH_A_TEST:
        return place, 1.0
    randomness, shuffled, as_large = random.Random(1), list(values), 0  # noqa: S311 - it must repeat
    for _ in range(PERMUTATIONS):
        randomness.shuffle(shuffled)
        as_large += _best_split(shuffled)[1] >= largest
    return place, (as_large + 1) / (PERMUTATIONS + 1)


def _best_split(values: Sequence[float]) -> tuple[int, float]:
    """Find the split whose parts' means lie the farthest apart, in standard errors."""
    n = len(values)
    total, squares = sum(values), sum(value * value for value in values)
    best, sum_left = (0, 0.0), sum(values[: SHORTEST_PART - 1])
    for left in range(SHORTEST_PART, n - SHORTEST_PART + 1):
        sum_left += values[left - 1]
        right = n - left
        between = sum_left**2 / left + (total - sum_left) ** 2 / right - total**2 / n
        within = max(squares - total**2 / n - between, 1e-12 * squares)
        t = math.sqrt(max(0.0, between) / within * (n - 2))
        best = max(best, (left, t), key=lambda each: each[1])
    return best


@cache
def _permutations_by_inversions(n: int) -> tuple[int, ...]:
    """Count the permutations of n things that have 0, 1, 2, … pairs in the wrong order."""
    counts = [1]
    for size in range(2, n + 1):
        sums = [0, *itertools.accumulate(counts)]
        longest = len(counts) + size - 1
        counts = [
            sums[min(k + 1, len(counts))] - sums[max(0, min(k + 1 - size, len(counts)))]
            for k in range(longest)
        ]
    return tuple(counts)
