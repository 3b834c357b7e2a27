"""Mean and Student's t: the arithmetic that all intervals here share."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from timetrial.analysis.statistics.t_distribution import quantile, two_sided_p

CONFIDENCE = 0.95
ROUNDS_FOR_INTERVAL = 3
"""With two rounds an interval is many times as wide as what it is about."""


Test = Callable[[float, int], float]
"""From a t statistic and the number of values to a two-sided p-value."""


@dataclass(frozen=True, slots=True)
class Centre:
    """Where a sample's mean lies, and how sure that is."""

    mean: float
    half_width: float | None
    """Of the interval around the mean; None where the sample is too small for one."""
    p: float
    """Two-sided, of 'the true mean is zero'; 1 where the sample is too small to say."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sample says of its mean, whatever confidence is asked for."""

    mean: float
    error: float | None
    """Standard error of the mean; None where the sample is too small for one."""
    rounds: int
    resolution: float = 0.0
    """An error that repeats itself in every value, up to that size: intervals are wider by it, and
    the test asks whether the mean exceeds it."""
    beside: Evidence | None = None
    """Of another estimate of the same, which the test has to convince, too."""

    def half_width(self, confidence: float = CONFIDENCE) -> float | None:
        """Return that of the t interval (Student 1908)."""
        return self.half_width_by(quantile(max(1, self.rounds - 1), confidence))

    def half_width_by(self, errors: float) -> float | None:
        """Return that of an interval so many standard errors wide."""
        return None if self.error is None else errors * self.error + self.resolution

    @property
    def p(self) -> float:
        """Two-sided, of 'the true mean is zero'; 1 where the sample is too small to say."""
        return self.p_by(lambda t, rounds: two_sided_p(t, rounds - 1))

    def p_by(self, test: Test) -> float:
        """Return the same by another test than Student's."""
        if self.error is None:
            return 1.0
        excess = max(0.0, abs(self.mean) - self.resolution)
        p = test(t_statistic(excess, self.error), self.rounds)
        if self.beside is None:
            return p
        return max(p, self.beside.p_by(test)) if self.mean * self.beside.mean > 0 else 1.0


def evidence(values: Sequence[float], resolution: float = 0.0) -> Evidence:
    """Take the mean of independent values, with its standard error."""
    n = len(values)
    error = _deviation(values) / math.sqrt(n) if n >= ROUNDS_FOR_INTERVAL else None
    return Evidence(statistics.fmean(values), error, n, resolution)


def _deviation(values: Sequence[float]) -> float:
    """Return the sample's standard deviation; exactly 0 where all values are the same.

    `statistics.stdev` counts in fractions, which is where most of the time of a large report went.
    """
    shifted = [value - values[0] for value in values]
    mean = math.fsum(shifted) / len(values)
    return math.sqrt(math.fsum((x - mean) ** 2 for x in shifted) / (len(values) - 1))


def centre(
    values: Sequence[float], confidence: float = CONFIDENCE, resolution: float = 0.0
) -> Centre:
    """Take the mean of independent values, with its t interval and test."""
    found = evidence(values, resolution)
    return Centre(found.mean, found.half_width(confidence), found.p)


def t_statistic(excess: float, error: float) -> float:
    """Return how many standard errors that is; of an error of zero, infinitely many."""
    if error == 0:
        return 0.0 if excess == 0 else math.inf
    return excess / error
