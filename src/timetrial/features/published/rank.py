"""Spearman's rank correlation, with its interval."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95
PAIRS_FOR_INTERVAL = 4


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """How alike two lists of figures are in their order."""

    value: float
    """-1 to 1."""
    low: float | None
    """Of the 95 % interval; None, as `high`, where there is none."""
    high: float | None
    pairs: int


def spearman(one: Sequence[float], other: Sequence[float], lost: int = 0) -> RankCorrelation | None:
    """Correlate the ranks of two figures a row; ties share their mean rank.

    The interval is Fisher's z with the variance (1 + r²/2) / (n - 3) of Bonett & Wright, Sample
    size requirements for estimating Pearson, Kendall and Spearman correlations, Psychometrika 65
    (2000). `lost` is the number of figures that follow from others, and is taken off n. There is
    no coefficient for fewer than three rows or without any difference, and no interval for fewer
    than four or where the order is exactly the same or reversed: z is infinite there.
    """
    n = len(one)
    if n < PAIRS_FOR_INTERVAL - 1 or len(set(one)) == 1 or len(set(other)) == 1:
        return None
    value = max(-1.0, min(1.0, statistics.correlation(ranks(one), ranks(other))))
    low, high = _interval(value, n - lost)
    return RankCorrelation(value, low, high, n)


def ranks(figures: Sequence[float]) -> tuple[float, ...]:
    """Rank from 1, lowest first."""
    ordered = sorted(figures)
    return tuple(ordered.index(x) + (ordered.count(x) + 1) / 2 for x in figures)


def _interval(value: float, n: int) -> tuple[float | None, float | None]:
    if n < PAIRS_FOR_INTERVAL or math.isclose(abs(value), 1):
        return None, None
    error = math.sqrt((1 + value**2 / 2) / (n - 3))
    half_width = statistics.NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * error
    z = math.atanh(value)
    return math.tanh(z - half_width), math.tanh(z + half_width)
