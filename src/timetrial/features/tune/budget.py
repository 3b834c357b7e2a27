"""How the time is spent: on the search, on the finals, and on the curves."""

from __future__ import annotations

import math
from dataclasses import dataclass

SHORTEST_S = 30.0
"""No search finishes in less."""
_SEARCH_UNTIL, _FINALS_UNTIL = 0.5, 0.8
"""Of the budget. The rest is for the curves, which decide nothing."""
_MOST_ROUNDS_OF_RUNG = 4
_FIRST_RUNG = 0.6
"""The most that the first rung may take of the search."""
FINAL_ROUNDS = (5, 12)
_MARGIN = 1.1
CURVE_ROUNDS = (5, 3)
"""Percentiles take the first, intervals the second."""
CURVE_POINTS = 4
"""From so many new points on, more rounds are worth more than more points."""


@dataclass(frozen=True, slots=True)
class Timing:
    """A budget that began at a moment of a clock, in seconds."""

    began_s: float
    budget_s: float

    @property
    def search_ends_s(self) -> float:
        return self.began_s + _SEARCH_UNTIL * self.budget_s

    @property
    def finals_end_s(self) -> float:
        return self.began_s + _FINALS_UNTIL * self.budget_s

    @property
    def ends_s(self) -> float:
        return self.began_s + self.budget_s


def rung_rounds(trials: int, trial_s: float, seconds: float, rungs_left: int) -> int:
    """Return how many rounds of so many trials the next rung gets; 0: not even one fits."""
    share_s = seconds / max(1, rungs_left)
    if trials * trial_s > seconds:
        return 0
    return max(1, min(_MOST_ROUNDS_OF_RUNG, math.floor(share_s / (trials * trial_s))))


def most_candidates(trial_s: float, seconds: float) -> int:
    """Return how many candidates a first rung can have that leaves time for others."""
    return max(2, math.floor(_FIRST_RUNG * seconds / trial_s))


def rounds_within(trials: int, trial_s: float, seconds: float, at_least: int, most: int) -> int:
    """Return how many rounds fit, up to `most`; 0 if fewer than `at_least` fit."""
    fitting = math.floor(seconds / (_MARGIN * trials * trial_s)) if trials else 0
    return min(most, fitting) if fitting >= at_least else 0
