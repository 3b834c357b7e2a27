"""The goal of a search for a capacity, its limits, and what a trial takes."""

from __future__ import annotations

import math
from dataclasses import dataclass

RECOVERY_S = 0.5
"""A guess for what a trial takes besides its load."""
SHORTEST_S = 3.0
"""A queue that grows needs time to show."""
_LEAD_IN = 1 / 6
"""Of the shortest trial."""
_LONGEST_S = 120.0
_LONGEST_OF_BUDGET = 1 / 3
"""So that there are trials to compare."""
_SIGMAS = 4
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """The goal of a search, and its limits."""

    requests_needed: int
    """In a trial."""
    start_per_s: float
    """The first rate."""
    highest_per_s: float
    """No rate beyond it is tried."""
    budget_s: float
    """No trial begins that would probably end later."""
    fresh_start_s: float = 0.0
    """What a fresh start takes before a trial."""
    shortest_s: float = SHORTEST_S
    """Of the trials."""

    @property
    def lead_in_s(self) -> float:
        """How long the load is on before the window of a trial opens."""
        return self.shortest_s * _LEAD_IN

    @property
    def longest_s(self) -> float:
        """The longest that a trial may be."""
        return max(self.shortest_s, min(_LONGEST_S, self.budget_s * _LONGEST_OF_BUDGET))

    @property
    def lowest_per_s(self) -> float:
        """At lower rates the longest trial has too few requests."""
        lowest = max(1.0, _rounded_up(self._expected / self.longest_s))
        return min(lowest, self.highest_per_s)

    @property
    def _expected(self) -> float:
        """The average number at which requests are hardly ever too few: arrivals are random."""
        return self.requests_needed + _SIGMAS * math.sqrt(self.requests_needed)

    def length_s(self, rate_per_s: float) -> float:
        """Return how long a trial at that rate has to be."""
        return max(self.shortest_s, min(self.longest_s, self._expected / rate_per_s))

    def cost_s(self, rate_per_s: float) -> float:
        """Estimate the seconds of a trial at that rate, recovery included, a start left out."""
        return self.lead_in_s + self.length_s(rate_per_s) + RECOVERY_S


def rounded(rate_per_s: float) -> float:
    """Round a rate to three digits: more would not be read."""
    return float(f"{rate_per_s:.{_DIGITS}g}")


def _rounded_up(rate_per_s: float) -> float:
    unit = 10.0 ** (math.floor(math.log10(rate_per_s)) + 1 - _DIGITS)
    return rounded(math.ceil(rate_per_s / unit) * unit)
