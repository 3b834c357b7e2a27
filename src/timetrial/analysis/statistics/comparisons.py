"""Pairs of stacks in one metric: ratios with intervals, and the verdicts that those give.

The pairs of a family are judged together, by single-step intervals: a pair differs if and only if
its printed interval excludes one, and is equivalent if it lies inside the margin. Intervals of
three and more stacks borrow strength from all of them (`shared_variance`, `families`). They are
repeated confidence intervals where a run has several looks (Jennison and Turnbull, Group Sequential
Methods, 2000, chapter 9).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from timetrial.analysis.statistics.estimates import from_log, from_log_interval
from timetrial.analysis.statistics.families import AllPairs, Bonferroni, Family, WithBest
from timetrial.analysis.statistics.mean_inference import ROUNDS_FOR_INTERVAL, Evidence
from timetrial.analysis.statistics.measured import (
    ALL_ROUNDS,
    PLAIN,
    Measured,
    Procedure,
    best_of,
    shared_metric,
)
from timetrial.analysis.statistics.pairs import (
    Pair,
)
from timetrial.analysis.statistics.shared_variance import FEWEST_STACKS
from timetrial.model import (
    ComparedMetric,
    Comparison,
    Estimate,
    Verdict,
)

ROUNDS_FOR_VERDICT = ROUNDS_FOR_INTERVAL
EQUIVALENT_WITHIN = 0.02
"""Margin of equivalence, as a share: smaller differences have no practical relevance."""


def compare(
    measured: Measured,
    stacks: Sequence[str],
    without_verdict: Collection[frozenset[str]] = (),
    procedure: Procedure = PLAIN,
) -> tuple[Comparison, ...]:
    """Compare every pair of `stacks`; in each, `b` comes before `a` in their order.

    Pairs in `without_verdict` get their ratio alone. Where one stack is the best alone, its pairs
    have the intervals of comparisons with the best, so that each pair has one interval.
    """
    pairs = _known(measured, list(itertools.combinations(stacks, 2)), stacks, procedure)
    judged = [names for names in pairs if frozenset(names) not in without_verdict]
    family: Family = Bonferroni(max(1, len(judged)))
    if shared_metric(measured.metric, stacks, procedure):
        family = AllPairs(len(stacks))
    reached = _Reached(procedure, family)
    winner = {}
    if not without_verdict:
        winner = _of_winner(compare_with_best(measured, stacks, procedure), len(stacks))
    return tuple(
        winner.get(names)
        or _comparison(measured.metric, names, pair, reached, judged=names in judged)
        for names, pair in pairs.items()
    )


def compare_with_best(
    measured: Measured,
    stacks: Sequence[str],
    procedure: Procedure = PLAIN,
    without_verdict: Collection[frozenset[str]] = (),
) -> tuple[Comparison, ...]:
    """Compare the stack with the best figure, `a`, with each of the others.

    Those whose interval includes one may be the best as well: the truly best is among them, or is
    `a`, with a confidence of 95 %. Where several may be, any of them may be the one that others are
    compared with, so that an interval is the hull of those to all of them (Edwards and Hsu).
    No stack that left a race before its end is `a`. Pairs in `without_verdict` get their ratio
    alone.
    """
    staying = [name for name in stacks if name not in procedure.dropped] or stacks
    best = best_of(measured, stacks, staying, procedure)
    if best is None:
        return ()
    names = [(name, best) for name in stacks if name != best]
    pairs = _known(measured, names, stacks, procedure)
    family_of = _families_with_best(measured, stacks, staying, procedure)
    reached = {b: _Reached(procedure, family_of(b)) for _, b in pairs}
    alone = {
        both: _comparison(
            measured.metric,
            both,
            pair,
            reached[both[1]],
            judged=frozenset(both) not in without_verdict,
        )
        for both, pair in pairs.items()
    }
    rivals = [b for (_, b), found in alone.items() if found.verdict in _UNDECIDED and b in staying]
    pair_of = measured.pairs(stacks, procedure)
    return tuple(
        _against_all(
            found, [_judged(pair_of, rival, found.b, reached[found.b]) for rival in rivals]
        )
        if found.verdict in {"higher", "lower"}
        else found
        for found in alone.values()
    )


def _families_with_best(
    measured: Measured, stacks: Sequence[str], staying: Sequence[str], procedure: Procedure
) -> Callable[[str], Family]:
    """Return the family of a stack's comparison: of those that stayed, or of all."""
    all_stacks: Family = Bonferroni(max(1, len(stacks) - 1))
    to_the_end = all_stacks
    if shared_metric(measured.metric, stacks, procedure):
        all_stacks = WithBest(len(stacks))
        # Of two stacks, a one-sided interval would name a winner among equals too often.
        to_the_end = WithBest(len(staying)) if len(staying) >= FEWEST_STACKS else Bonferroni()
    return lambda name: to_the_end if name in staying else all_stacks


_UNDECIDED: Collection[Verdict] = frozenset({"no difference detected", "equivalent"})


def _judged(
    pair_of: Callable[[str, str], Pair], a: str, b: str, reached: _Reached
) -> tuple[Estimate, float] | None:
    pair = pair_of(a, b)
    return reached.judged(pair) if pair.until(ALL_ROUNDS) is not None else None


def _against_all(found: Comparison, others: Iterable[tuple[Estimate, float] | None]) -> Comparison:
    """Widen the interval of a stack behind the best to all those that may be the best, too."""
    known = [(found.ratio, found.p_adjusted or 0.0), *filter(None, others)]
    ratio = replace(
        found.ratio,
        low=min(each.low for each, _ in known if each.low is not None),
        high=max(each.high for each, _ in known if each.high is not None),
    )
    verdict = _verdict(ratio)
    return replace(
        found,
        ratio=ratio,
        p_adjusted=max(p for _, p in known),
        verdict=verdict,
        max_difference=_max_difference(ratio),
        equivalent_within=EQUIVALENT_WITHIN if verdict == "equivalent" else None,
    )


def _of_winner(with_best: Sequence[Comparison], stacks: int) -> dict[tuple[str, str], Comparison]:
    """Return the pairs of the best, either way round, if it is the best alone; else none."""
    alone = len(with_best) == stacks - 1 and all(map(is_significant, with_best))
    pairs = (pair for found in with_best for pair in (found, _turned(found)))
    return {(pair.a, pair.b): pair for pair in pairs} if alone else {}


def _turned(found: Comparison) -> Comparison:
    """Return `a` over `b`."""
    ratio = found.ratio.inverse()
    return replace(
        found,
        a=found.b,
        b=found.a,
        ratio=ratio,
        verdict="lower" if found.verdict == "higher" else "higher",
        max_difference=_max_difference(ratio),
        robust_ratio=None if found.robust_ratio is None else 1 / found.robust_ratio,
    )


def _known(
    measured: Measured,
    names: Sequence[tuple[str, str]],
    stacks: Sequence[str],
    procedure: Procedure,
) -> dict[tuple[str, str], Pair]:
    """Return the pairs that have a common round, a and b, from names the other way round."""
    pair_of = measured.pairs(stacks, procedure)
    pairs = {(a, b): pair_of(a, b) for b, a in names}
    return {names: pair for names, pair in pairs.items() if pair.until(ALL_ROUNDS) is not None}


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


@dataclass(frozen=True, slots=True)
class _Reached:
    """The looks so far of one family."""

    procedure: Procedure
    family: Family

    @property
    def looks(self) -> tuple[int, ...]:
        return self.procedure.design.looks_until(self.procedure.rounds_done)

    @property
    def between_looks(self) -> bool:
        return not self.looks or self.procedure.rounds_done > self.looks[-1]

    def judged(self, pair: Pair) -> tuple[Estimate, float] | None:
        """Estimate the ratio with its repeated interval and p-value.

        It is as of the last look at which the pair differed, so that what is decided stays decided;
        or else as of the last look. None before the first.
        """
        known = [(e, n) for n, look in enumerate(self.looks) if (e := pair.until(look)) is not None]
        found: tuple[Estimate, Evidence, int] | None = None
        for evidence, look in reversed(known):
            ratio = self._ratio(evidence, look)
            if found is None or excludes_one(ratio):
                found = ratio, evidence, look
            if excludes_one(ratio):
                break
        if found is None:
            return None
        ratio, evidence, look = found
        return ratio, self.procedure.design.p(evidence, self.family, look)

    def _ratio(self, evidence: Evidence, look: int) -> Estimate:
        level = self.procedure.level
        errors = self.procedure.design.errors(evidence, self.family, level, look)
        return from_log_interval(evidence.mean, evidence.interval(errors), evidence.rounds)


def _comparison(
    metric: ComparedMetric, names: tuple[str, str], pair: Pair, reached: _Reached, *, judged: bool
) -> Comparison:
    current = pair.until(ALL_ROUNDS)
    assert current is not None  # noqa: S101 - other pairs were left out before
    at_look = reached.judged(pair)
    if at_look is None or (reached.between_looks and not excludes_one(at_look[0])):
        alone = from_log(current.mean, current.half_width(), current.rounds)
        comparison = Comparison(metric, *names, alone, None, "no verdict", provisional=True)
    else:
        ratio, p = at_look
        verdict = _verdict(ratio) if judged else "no verdict"
        comparison = Comparison(
            metric,
            *names,
            ratio,
            None if verdict == "no verdict" else p,
            verdict,
            max_difference=_max_difference(ratio),
            equivalent_within=EQUIVALENT_WITHIN if verdict == "equivalent" else None,
        )
    return _with_robust_ratio(comparison, current, pair.robust(ALL_ROUNDS))


def excludes_one(ratio: Estimate) -> bool:
    """Return whether an interval says that the ratio is not one."""
    return ratio.low is not None and ratio.high is not None and not ratio.low <= 1 <= ratio.high


def _verdict(ratio: Estimate) -> Verdict:
    difference = _max_difference(ratio)
    if difference is None:
        return "no verdict"
    if excludes_one(ratio):
        return "higher" if ratio.value > 1 else "lower"
    return "equivalent" if difference <= EQUIVALENT_WITHIN else "no difference detected"


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
