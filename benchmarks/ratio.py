"""The median of paired ratios, with an interval that one disturbed round cannot move."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import scipy

from timetrial.analysis.statistics.mean_inference import CONFIDENCE


@dataclass(frozen=True, slots=True)
class Ratio:
    median: float
    low: float | None
    """None: there are too few rounds for an interval."""
    high: float | None

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.median:.2f}"
        return f"{self.median:.2f} [{self.low:.2f}, {self.high:.2f}]"


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Take the median of `ours[i] / theirs[i]`, of round i, and its interval by order statistics.

    The interval is the sign test's (Conover, Practical nonparametric statistics, 1999, 3.2): no
    distribution is assumed, and the coverage is at least 95 %.
    """
    ratios = [own / other for own, other in zip(ours, theirs, strict=True)]
    # Its stub says that this is a number; it is an interval.
    found: Any = scipy.stats.quantile_test(ratios, q=1.0, p=0.5).confidence_interval(CONFIDENCE)
    median = statistics.median(ratios)
    if math.isnan(found.low) or math.isnan(found.high):
        return Ratio(median, None, None)
    return Ratio(median, float(found.low), float(found.high))
