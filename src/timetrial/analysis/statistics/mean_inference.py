"""Inference on a mean with Student's t, shared by all intervals here."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from timetrial.analysis.statistics.t_distribution import quantile, two_sided_p

CONFIDENCE = 0.95
ROUNDS_FOR_INTERVAL = 3
"""With two rounds an interval is many times as wide as the figure."""


@dataclass(frozen=True, slots=True)
class Centre:
    """A sample's mean, with its interval and test."""

    mean: float
    half_width: float | None
    """Half-width of the mean's interval; None where the sample is too small."""
    p: float
    """Two-sided, of 'the true mean is zero'; 1 where the sample is too small."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A mean and its standard error, for intervals of any confidence and families of any kind."""

    mean: float
    error: float | None
    """Standard error of the mean; None where the sample is too small."""
    rounds: int
    resolution: float = 0.0
    """Largest error that is equal in every value: intervals are wider by it, and the test is
    whether the mean exceeds it."""
    beside: Evidence | None = None
    """Evidence from another estimate of the same mean: the test has to reject for both."""
    degrees_of_freedom: float = 0.0
    """Of the standard error; 0: one less than rounds."""

    def __post_init__(self) -> None:
        if not self.degrees_of_freedom:
            object.__setattr__(self, "degrees_of_freedom", float(max(1, self.rounds - 1)))

    def half_width(self, confidence: float = CONFIDENCE) -> float | None:
        """Return the half-width of the t interval of this mean alone (Student 1908)."""
        if self.error is None:
            return None
        return quantile(self.degrees_of_freedom, confidence) * self.error + self.resolution

    def interval(self, errors: float) -> tuple[float, float] | None:
        """Return the interval of so many standard errors; None where it would be infinite.

        It holds the interval of the evidence beside, so that it excludes zero where both do.
        """
        if self.error is None or math.isinf(errors):
            return None
        half_width = errors * self.error + self.resolution
        low, high = self.mean - half_width, self.mean + half_width
        other = self.beside.interval(errors) if self.beside else None
        return (low, high) if other is None else (min(low, other[0]), max(high, other[1]))

    def p(self, test: Test) -> float:
        """Return the p-value of 'the true mean is zero'; 1 where the sample is too small."""
        if self.error is None:
            return 1.0
        excess = max(0.0, abs(self.mean) - self.resolution)
        p = test(t_statistic(excess, self.error), self)
        if self.beside is None:
            return p
        return max(p, self.beside.p(test)) if self.mean * self.beside.mean > 0 else 1.0


Test = Callable[[float, Evidence], float]
"""From a t statistic >= 0, and what it is of, to a two-sided p-value."""


def evidence(values: Sequence[float], resolution: float = 0.0) -> Evidence:
    """Return the mean of independent values, with its standard error."""
    n = len(values)
    error = _deviation(values) / math.sqrt(n) if n >= ROUNDS_FOR_INTERVAL else None
    return Evidence(statistics.fmean(values), error, n, resolution)


def _deviation(values: Sequence[float]) -> float:
    """Return the sample's standard deviation; exactly 0 where all values are the same.

    `statistics.stdev` computes with fractions, which took most of the time of a large report.
    """
    shifted = [value - values[0] for value in values]
    mean = math.fsum(shifted) / len(values)
    return math.sqrt(math.fsum((x - mean) ** 2 for x in shifted) / (len(values) - 1))


def centre(
    values: Sequence[float], confidence: float = CONFIDENCE, resolution: float = 0.0
) -> Centre:
    """Return the mean of independent values, with its t interval and test."""
    sample = evidence(values, resolution)
    p = sample.p(lambda t, of: two_sided_p(t, of.degrees_of_freedom))
    return Centre(sample.mean, sample.half_width(confidence), p)


def t_statistic(excess: float, error: float) -> float:
    """Return the excess in standard errors; infinite for an error of zero."""
    if error == 0:
        return 0.0 if excess == 0 else math.inf
    return excess / error
