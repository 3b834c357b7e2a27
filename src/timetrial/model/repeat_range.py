"""A figure from a few repeats: its median, and from where to where it went.

With five repeats the range from least to most holds the median of what it would be in the long run
with a probability of 94 % (1 - 2/2^5), whatever the distribution: no interval says more.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """In the unit of the figure."""

    median: float
    low: float
    high: float
    repeats: int

    @classmethod
    def of(cls, figures: Iterable[float | None]) -> Spread | None:
        """Leave out what is not known; None where nothing is."""
        known = sorted(figure for figure in figures if figure is not None)
        if not known:
            return None
        return cls(statistics.median(known), known[0], known[-1], len(known))
