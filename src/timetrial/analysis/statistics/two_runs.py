"""The same stack in two runs: rounds are unpaired, so that the noise of both runs counts.

An estimate carries the mean of logs over its rounds (or, for a quantile, the jackknife's value)
and, in its 95 % interval, the standard error of that. Of two independent ones: Welch's interval
and test (The generalization of 'Student's' problem when several different population variances
are involved, Biometrika 34, 1947), with Satterthwaite's degrees of freedom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from timetrial.analysis.statistics.estimates import from_log
from timetrial.analysis.statistics.mean_inference import CONFIDENCE, t_statistic
from timetrial.analysis.statistics.t_distribution import quantile, two_sided_p
from timetrial.model import Estimate


@dataclass(frozen=True, slots=True)
class Shift:
    """The log of b over a, with its standard error."""

    log_ratio: float
    error: float | None
    """Standard error; None where a run has too few rounds."""
    degrees_of_freedom: float
    p: float
    """Two-sided, of 'the true ratio is one'; 1 where there is no error."""
    rounds: int
    """Of the run with fewer."""
    resolution: float
    """Largest error of the log that is equal in every round of a run."""

    def ratio(self, confidence: float = CONFIDENCE) -> Estimate:
        """Return b over a with the interval of that confidence."""
        if self.error is None:
            return from_log(self.log_ratio, None, self.rounds)
        half_width = quantile(self.degrees_of_freedom, confidence) * self.error + self.resolution
        return from_log(self.log_ratio, half_width, self.rounds)


def shift(a: Estimate, b: Estimate, resolution: float = 0.0) -> Shift:
    """Compare two independent estimates of positive figures."""
    log_ratio = math.log(b.value / a.value)
    rounds = min(a.rounds, b.rounds)
    error_a, error_b = _standard_error(a), _standard_error(b)
    if error_a is None or error_b is None:
        return Shift(log_ratio, None, 0, 1.0, rounds, resolution)
    error = math.hypot(error_a, error_b)
    degrees_of_freedom = _degrees_of_freedom(error_a, a.rounds, error_b, b.rounds)
    excess = max(0.0, abs(log_ratio) - resolution)
    p = two_sided_p(t_statistic(excess, error), degrees_of_freedom)
    return Shift(log_ratio, error, degrees_of_freedom, p, rounds, resolution)


def _standard_error(estimate: Estimate) -> float | None:
    """Recover the standard error from the interval, a t interval of the log."""
    if estimate.low is None or estimate.high is None:
        return None
    half_width = math.log(estimate.high / estimate.low) / 2
    return half_width / quantile(estimate.rounds - 1, CONFIDENCE)


def _degrees_of_freedom(error_a: float, rounds_a: int, error_b: float, rounds_b: int) -> float:
    if error_a == error_b == 0:
        return rounds_a + rounds_b - 2
    total = error_a**2 + error_b**2
    return total**2 / (error_a**4 / (rounds_a - 1) + error_b**4 / (rounds_b - 1))
