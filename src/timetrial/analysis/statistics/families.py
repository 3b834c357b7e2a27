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

_ROOT_2 = math.sqrt(2)
ALL_PAIRS_WIDER = (1.06, 1.065, 1.065, 1.06, 1.06, 1.035, 1.025, 1.025)
"""What moderated variances make intervals wider by, for 3 to 10 stacks, and the last for more."""
BEST_WIDER = (1.035, 1.05, 1.035, 1.03, 1.03, 1.02, 1.02, 1.025)
"""The same for comparisons with the best; `benchmarks/method/inflation.py` finds both."""


class Family(Protocol):
    """The joint distribution of t statistics."""

    @property
    def pairs(self) -> int:
        """Return how many comparisons there are."""

    def p(self, t: float, degrees_of_freedom: float) -> float:
        """Return the adjusted p-value of a statistic t >= 0."""

    def errors(self, level: float, degrees_of_freedom: float) -> float:
        """Return the half-width in standard errors of intervals of confidence 1 - `level`."""


@dataclass(frozen=True, slots=True)
class Bonferroni:
    """Student's t for each of so many pairs."""

    pairs: int = 1

    def p(self, t: float, degrees_of_freedom: float) -> float:
        return min(1.0, self.pairs * t_distribution.two_sided_p(t, degrees_of_freedom))

    def errors(self, level: float, degrees_of_freedom: float) -> float:
        return t_distribution.quantile(degrees_of_freedom, 1 - level / self.pairs)


@dataclass(frozen=True, slots=True)
class AllPairs:
    """Tukey's studentized range, of three and more stacks."""

    stacks: int

    @property
    def pairs(self) -> int:
        return math.comb(self.stacks, 2)

    def p(self, t: float, degrees_of_freedom: float) -> float:
        q = _ROOT_2 * t / _wider(ALL_PAIRS_WIDER, self.stacks)
        return studentized.range_tail(q, self.stacks, degrees_of_freedom)

    def errors(self, level: float, degrees_of_freedom: float) -> float:
        q = studentized.range_quantile(level, self.stacks, degrees_of_freedom)
        return _wider(ALL_PAIRS_WIDER, self.stacks) * q / _ROOT_2


@dataclass(frozen=True, slots=True)
class WithBest:
    """The best of three and more stacks against all others."""

    stacks: int

    @property
    def pairs(self) -> int:
        return self.stacks - 1

    def p(self, t: float, degrees_of_freedom: float) -> float:
        return studentized.maximum_tail(
            t / _wider(BEST_WIDER, self.stacks), self.pairs, degrees_of_freedom
        )

    def errors(self, level: float, degrees_of_freedom: float) -> float:
        d = studentized.maximum_quantile(level, self.pairs, degrees_of_freedom)
        return _wider(BEST_WIDER, self.stacks) * d


def _wider(table: tuple[float, ...], stacks: int) -> float:
    return table[min(stacks - 3, len(table) - 1)]
