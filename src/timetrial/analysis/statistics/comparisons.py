"""Every pair of stacks in one metric: ratios with intervals, decided by Holm's procedure.

The pairs are one family. The p-value of a pair is the smallest of its repeated p-values so far,
which is valid whenever the run ends (Liu and Anderson, On adaptive extensions of group sequential
trials, JASA 103, 2008). Holm adjusts the p-values of all pairs. They only fall with further rounds,
so that decisions are final. Printed intervals are repeated confidence intervals, and simultaneous
by Bonferroni.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from timetrial.analysis.statistics import holm
from timetrial.analysis.statistics.design import ONE_LOOK, Design
from timetrial.analysis.statistics.estimates import from_log
from timetrial.analysis.statistics.mean_inference import CONFIDENCE, Evidence
from timetrial.analysis.statistics.pairs import Pair, ResponseTimes, Rounds, pairs_in
from timetrial.model import ComparedMetric, Comparison, Estimate, Verdict

ROUNDS_FOR_VERDICT = 5
LEVEL = 1 - CONFIDENCE
EQUIVALENT_WITHIN = 0.02
"""Margin of equivalence, as a share: smaller differences have no practical relevance."""
_ALL = 1_000_000
"""More rounds than any run has."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """The rules of decision: the design's looks, the rounds done, and the number of families."""

    design: Design = ONE_LOOK
    rounds_done: int = _ALL
    """Determines the reached looks of the design."""
    families: int = 1
    """Families with simultaneous intervals, this one among them."""


def compare(  # noqa: PLR0913 - all but the first three have defaults
    metric: ComparedMetric,
    stacks: Sequence[str],
    rounds: Mapping[str, Rounds],
    without_verdict: Collection[frozenset[str]] = (),
    resolutions: Mapping[str, float] = MappingProxyType({}),
    *,
    procedure: Procedure = Procedure(),
    times: Mapping[str, ResponseTimes] | None = None,
) -> tuple[Comparison, ...]:
    """Compare every pair of `stacks`; in each, `b` comes before `a` in their order.

    Pairs in `without_verdict` get their ratio alone. `resolutions` are relative
    errors of a stack's figures that are equal in every round. `times` may hold decoded response
    times.
    """
    pair_of = pairs_in(metric, rounds, resolutions, times)
    pairs = {
        (a, b): pair
        for b, a in itertools.combinations(stacks, 2)
        if (pair := pair_of(a, b)).until(_ALL) is not None
    }
    family = [names for names in pairs if frozenset(names) not in without_verdict]
    reached = _Reached(procedure, LEVEL / (max(1, len(family)) * procedure.families))
    p_values = [reached.sequential_p(pairs[names]) for names in family]
    tested = [p for p in p_values if p is not None]
    # Pairs without a test so far count, too, so that the family does not grow.
    untested = [1.0] * (len(family) - len(tested))
    adjusted = iter(holm.adjusted([*tested, *untested]))
    decided = {
        names: None if p is None else next(adjusted)
        for names, p in zip(family, p_values, strict=True)
    }
    return tuple(
        _comparison(metric, names, pair, decided.get(names), reached)
        for names, pair in pairs.items()
    )


def is_significant(comparison: Comparison) -> bool:
    return comparison.verdict in {"higher", "lower"}


def ratio_between(comparisons: Iterable[Comparison], one: str, other: str) -> Estimate | None:
    """Return the ratio of `one` over `other` in one metric, from a comparison in either order."""
    for comparison in comparisons:
        if (comparison.b, comparison.a) == (one, other):
            return comparison.ratio
        if (comparison.a, comparison.b) == (one, other):
            return comparison.ratio.inverse()
    return None


def interval_disagrees(comparison: Comparison) -> bool:
    """Return whether Holm's decision and the wider Bonferroni interval disagree."""
    low, high = comparison.ratio.low, comparison.ratio.high
    return is_significant(comparison) and low is not None and high is not None and low <= 1 <= high


@dataclass(frozen=True, slots=True)
class _Reached:
    """The looks so far of one family."""

    procedure: Procedure
    level: float
    """Level of one pair's interval, by Bonferroni."""

    @property
    def looks(self) -> tuple[int, ...]:
        return self.procedure.design.looks_until(self.procedure.rounds_done)

    @property
    def between_looks(self) -> bool:
        return not self.looks or self.procedure.rounds_done > self.looks[-1]

    def sequential_p(self, pair: Pair) -> float | None:
        """Return the smallest repeated p-value; None where no look had enough rounds."""
        p_values = [
            self.procedure.design.p(evidence, number)
            for number, look in enumerate(self.looks)
            if (evidence := pair.until(look)) and evidence.rounds >= ROUNDS_FOR_VERDICT
        ]
        return min(p_values, default=None)

    def repeated(self, pair: Pair) -> Estimate | None:
        """Estimate the ratio as of the last look, with its repeated interval."""
        evidence = pair.until(self.looks[-1]) if self.looks else None
        if evidence is None:
            return None
        design = self.procedure.design
        half_width = design.half_width(evidence, self.level, len(self.looks) - 1)
        return from_log(evidence.mean, half_width, evidence.rounds)


def _comparison(
    metric: ComparedMetric,
    names: tuple[str, str],
    pair: Pair,
    p_adjusted: float | None,
    reached: _Reached,
) -> Comparison:
    current = pair.until(_ALL)
    assert current is not None  # noqa: S101 - other pairs were left out before
    repeated = reached.repeated(pair)
    rejected = p_adjusted is not None and p_adjusted < LEVEL
    if repeated is None or (reached.between_looks and not rejected):
        comparison = Comparison(
            metric,
            *names,
            from_log(current.mean, current.half_width(), current.rounds),
            None,
            "no verdict",
            provisional=True,
        )
    else:
        max_difference = _max_difference(repeated)
        verdict = _verdict(repeated.value, p_adjusted, max_difference)
        comparison = Comparison(
            metric,
            *names,
            repeated,
            p_adjusted,
            verdict,
            max_difference=max_difference,
            equivalent_within=EQUIVALENT_WITHIN if verdict == "equivalent" else None,
        )
    return _with_robust_ratio(comparison, current, pair.robust(_ALL))


def _verdict(ratio: float, p_adjusted: float | None, max_difference: float | None) -> Verdict:
    if p_adjusted is None:
        return "no verdict"
    if p_adjusted < LEVEL:
        return "higher" if ratio > 1 else "lower"
    if max_difference is not None and max_difference <= EQUIVALENT_WITHIN:
        return "equivalent"
    return "no difference detected"


def _with_robust_ratio(
    comparison: Comparison, current: Evidence, robust: float | None
) -> Comparison:
    if robust is None:
        return comparison
    half_width = current.half_width()
    off = half_width is not None and abs(robust - current.mean) > half_width
    return replace(comparison, robust_ratio=math.exp(robust), heavy_tails=off)


def _max_difference(ratio: Estimate) -> float | None:
    if ratio.low is None or ratio.high is None:
        return None
    return max(abs(ratio.low - 1), abs(ratio.high - 1))
