"""Tests for a trend or a level shift in a sequence. Pure; randomness is seeded.

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
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

SHORTEST_PART = 3
PERMUTATIONS = 2_000
EXACT_UP_TO = 60
"""Largest number of values for the exact test; beyond, the normal approximation is used."""
_WORTH_A_TEST = 3.0
"""Smallest t for a permutation test, which is slow: below it a dozen values show nothing."""
_KEPT = 16
"""Number of sequence lengths whose permutations are cached."""


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
    """Return the relative change from first to last of an exponential fit to positive values."""
    logs = [math.log(value) for value in values]
    slope = statistics.linear_regression(range(len(logs)), logs).slope
    return math.expm1(slope * (len(logs) - 1))


def lag_1(values: Sequence[float]) -> float:
    """Return the lag-1 autocorrelation of values; 0 where all are equal."""
    mean = statistics.fmean(values)
    off = [value - mean for value in values]
    spread = sum(deviation * deviation for deviation in off)
    return sum(a * b for a, b in itertools.pairwise(off)) / spread if spread else 0.0


def level_shift(values: Sequence[float]) -> tuple[int, float]:
    """Return the index at which the second level begins, and the p of 'there is one level'."""
    place, largest = best_split(values)
    if largest < _WORTH_A_TEST:
        return place, 1.0
    as_large = int((_largest_of_orders(values) >= largest).sum())
    return place, (as_large + 1) / (PERMUTATIONS + 1)


def best_split(values: Sequence[float]) -> tuple[int, float]:
    """Find the split with the largest t between its parts' means; return its index and that t.

    The index is that of the second part; 0 where there are too few values.
    """
    n = len(values)
    if n < 2 * SHORTEST_PART:
        return 0, 0.0
    # Summed from left to right as for permutations, so that equal sums round alike.
    sums = list(itertools.accumulate(values))
    *_, squares = itertools.accumulate(value * value for value in values)
    total, best = sums[-1], (0, 0.0)
    for left in range(SHORTEST_PART, n - SHORTEST_PART + 1):
        sum_left, right = sums[left - 1], n - left
        sum_right = total - sum_left
        between = sum_left * sum_left / left + sum_right * sum_right / right - total * total / n
        within = max(squares - total * total / n - between, 1e-12 * squares)
        t = math.sqrt(max(0.0, between) / within * (n - 2))
        if t > best[1]:
            best = left, t
    return best


def _largest_of_orders(values: Sequence[float]) -> Any:  # noqa: ANN401 - NumPy, loaded when needed
    """Return the largest t of each permutation, as an array; `best_split` does so for one."""
    np = import_module("numpy")
    n = len(values)
    shuffled = np.asarray(values, float)[_orders(n)]
    sums = shuffled.cumsum(axis=1)
    squares = (shuffled * shuffled).cumsum(axis=1)[:, -1]
    left = np.arange(SHORTEST_PART, n - SHORTEST_PART + 1)
    total, sum_left = sums[:, -1], sums[:, left - 1]
    sum_right = total[:, np.newaxis] - sum_left
    of_parts = sum_left * sum_left / left + sum_right * sum_right / (n - left)
    # t rises with the sum of squares between the parts, so that its maximum decides.
    between = of_parts.max(axis=1) - total * total / n
    within = np.maximum(squares - total * total / n - between, 1e-12 * squares)
    return np.sqrt(np.maximum(0.0, between) / within * (n - 2))


@lru_cache(maxsize=_KEPT)
def _orders(n: int) -> Any:  # noqa: ANN401 - as above
    """Return permutations of 0 to n-1 as rows of an array; equal for every sequence."""
    randomness, places = random.Random(1), list(range(n))  # noqa: S311 - it must repeat
    orders = import_module("numpy").empty((PERMUTATIONS, n), int)
    for row in orders:
        randomness.shuffle(places)
        row[:] = places
    return orders


@cache
def _permutations_by_inversions(n: int) -> tuple[int, ...]:
    """Count the permutations of n items with 0, 1, 2, … inversions."""
    counts = [1]
    for size in range(2, n + 1):
        sums = [0, *itertools.accumulate(counts)]
        longest = len(counts) + size - 1
        counts = [
            sums[min(k + 1, len(counts))] - sums[max(0, min(k + 1 - size, len(counts)))]
            for k in range(longest)
        ]
    return tuple(counts)
