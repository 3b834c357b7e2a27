"""Comparisons that are judged together: their p-values and intervals hold for all of them at once.

With three and more stacks whose variances are shared, all pairs are Tukey's family, and those with
the best are Dunnett's, one-sided: only a stack that seems better than the truly best errs (Hsu,
Constrained simultaneous confidence intervals for multiple comparisons with the best, Annals of
Statistics 12, 1984; unconstrained as in Edwards and Hsu, JASA 78, 1983). Other families are
Bonferroni's. All are single-step: a pair differs if and only if its interval excludes one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from timetrial.analysis.statistics import studentized, t_distribution
from timetrial.analysis.statistics.allowance import ALL_PAIRS, BEST, allowance
from timetrial.analysis.statistics.mean_inference import Evidence

_ROOT_2 = math.sqrt(2)


class Family(Protocol):
    """The joint distribution of t statistics."""

    @property
    def pairs(self) -> int:
        """Return how many comparisons there are."""

    def p(self, t: float, of: Evidence) -> float:
        """Return the adjusted p-value of a statistic t >= 0 of some evidence."""

    def errors(self, level: float, of: Evidence) -> float:
        """Return the half-width in standard errors of its interval of confidence 1 - `level`."""


@dataclass(frozen=True, slots=True)
class Bonferroni:
    """Student's t for each of so many pairs."""

    pairs: int = 1

    def p(self, t: float, of: Evidence) -> float:
        return min(1.0, self.pairs * t_distribution.two_sided_p(t, of.degrees_of_freedom))

    def errors(self, level: float, of: Evidence) -> float:
        return t_distribution.quantile(of.degrees_of_freedom, 1 - level / self.pairs)


@dataclass(frozen=True, slots=True)
class AllPairs:
    """Tukey's studentized range, of three and more stacks."""

    stacks: int

    @property
    def pairs(self) -> int:
        return math.comb(self.stacks, 2)

    def p(self, t: float, of: Evidence) -> float:
        q = _ROOT_2 * t / allowance(ALL_PAIRS, self.stacks, of.rounds)
        return studentized.range_tail(q, self.stacks, of.degrees_of_freedom)

    def errors(self, level: float, of: Evidence) -> float:
        q = studentized.range_quantile(level, self.stacks, of.degrees_of_freedom)
        return allowance(ALL_PAIRS, self.stacks, of.rounds) * q / _ROOT_2


@dataclass(frozen=True, slots=True)
class WithBest:
    """The best of three and more stacks against all others."""

    stacks: int

    @property
    def pairs(self) -> int:
        return self.stacks - 1

    def p(self, t: float, of: Evidence) -> float:
        t /= allowance(BEST, self.stacks, of.rounds)
        return studentized.maximum_tail(t, self.pairs, of.degrees_of_freedom)

    def errors(self, level: float, of: Evidence) -> float:
        d = studentized.maximum_quantile(level, self.pairs, of.degrees_of_freedom)
        return allowance(BEST, self.stacks, of.rounds) * d
