"""Confidence sequence: intervals and tests that are valid at every moment of a run without an end.

The evidence against "the true mean is zero" is the likelihood ratio of a t statistic that mixes
over standardised effects, drawn from N(0, `SPREAD`), against one without an effect. It is a test
martingale for Gaussian values of unknown variance, so that by Ville's inequality it exceeds 1/level
at any moment with probability `level` at most (Lai, Annals of Statistics 4, 1976; Wang and Ramdas,
Anytime-valid t-tests and confidence sequences for Gaussian means with unknown variance, Sequential
Analysis 44, 2025). The interval holds all means that the test does not reject so far.
"""

from __future__ import annotations

import math

SPREAD = 0.28
"""Variance of the effects, in variances of a value: intervals are narrowest at about 30 values."""
FIRST = 7
"""Fewest values with a finite interval of 95 %."""


def p(t: float, rounds: int) -> float:
    """Return the p-value of a t statistic of `rounds` values; it is valid at any look."""
    if math.isinf(t):
        return 0.0
    degrees_of_freedom, gain = rounds - 1, 1 + rounds * SPREAD
    ratio = t * t / degrees_of_freedom
    exponent = rounds / 2 * (math.log1p(ratio) - math.log1p(ratio / gain)) - math.log(gain) / 2
    return math.exp(-max(0.0, exponent))


def half_width(rounds: int, level: float) -> float:
    """Return the interval's half-width in standard errors of the mean; infinite for few values."""
    degrees_of_freedom, gain = rounds - 1, 1 + rounds * SPREAD
    growth = math.exp(2 / rounds * (math.log(gain) / 2 - math.log(level)))
    if growth >= gain:
        return math.inf
    return math.sqrt(degrees_of_freedom * (growth - 1) / (1 - growth / gain))
