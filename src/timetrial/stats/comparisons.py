"""Every pair of stacks in one metric: ratios with intervals, decided by Holm's procedure.

In each round the pair's difference is d = ln(b/a), the median over its windows, which are matched
by turn: the k-th window of one stays near the k-th of the other in time, so that both share the
machine's noise; in a duet those windows are matched that were one. Over rounds: mean and t
interval. A round in which one of the two gave nothing is left out for this pair only.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from timetrial.measurement import Measurement, Window
from timetrial.stats import holm
from timetrial.stats.estimates import from_log, window_cpu_s_per_1000, window_throughput
from timetrial.stats.student import CONFIDENCE, Centre, centre
from timetrial.summary import Comparison, Verdict

ROUNDS_FOR_VERDICT = 5
LEVEL = 1 - CONFIDENCE

PairedMetric = Literal["throughput", "cpu_s_per_1000"]
Pair = tuple[str, str]
Rounds = Mapping[int, Measurement]
"""One stack's measurements by the round's number."""

_FIGURES: Mapping[PairedMetric, Callable[[Sequence[Window]], float | None]] = {
    "throughput": window_throughput,
    "cpu_s_per_1000": window_cpu_s_per_1000,
}


def compare(
    metric: PairedMetric,
    stacks: Sequence[str],
    rounds: Mapping[str, Rounds],
    without_verdict: Collection[frozenset[str]] = (),
    resolutions: Mapping[str, float] = MappingProxyType({}),
) -> tuple[Comparison, ...]:
    """Compare every pair of `stacks`; in each, `b` stands before `a` in their order.

    The pairs are one family: Holm adjusts over those that are tested, the printed intervals hold
    together by Bonferroni. Pairs in `without_verdict` are given their ratio and nothing more.
    `resolutions` are relative errors of a stack's figures that repeat themselves in every round.
    """
    differences = {
        (a, b): found
        for b, a in itertools.combinations(stacks, 2)
        if (found := round_differences(metric, rounds[a], rounds[b]))
    }
    family = [pair for pair in differences if frozenset(pair) not in without_verdict]
    confidence = 1 - LEVEL / max(1, len(family))
    centres = {
        pair: centre(found, confidence, max(resolutions.get(stack, 0.0) for stack in pair))
        for pair, found in differences.items()
    }
    tested = [pair for pair in family if len(differences[pair]) >= ROUNDS_FOR_VERDICT]
    p_values = holm.adjusted([centres[pair].p for pair in tested])
    decided = dict(zip(tested, p_values, strict=True))
    return tuple(
        _comparison(metric, pair, centres[pair], len(found), decided.get(pair))
        for pair, found in differences.items()
    )


def round_differences(metric: PairedMetric, a: Rounds, b: Rounds) -> tuple[float, ...]:
    """List ln(b/a) of every round in which both have a figure."""
    found = (round_difference(metric, a[r].windows, b[r].windows) for r in sorted(a.keys() & b))
    return tuple(difference for difference in found if difference is not None)


def round_difference(
    metric: PairedMetric, a: Sequence[Window], b: Sequence[Window]
) -> float | None:
    """Take the median over the matched windows of one round; None where there is no figure."""
    figure = _FIGURES[metric]
    turns = _matched(a, b)
    pairs = [(figure([x]), figure([y])) for x, y in turns]
    if metric == "throughput" and any(0 in pair for pair in pairs):
        # A window without a response has no logarithm, and leaving it out would favour the stack
        # that stalled: the whole round speaks instead.
        pairs = [(figure([x for x, _ in turns]), figure([y for _, y in turns]))]
    logs = [math.log(y / x) for x, y in pairs if x and y]
    return statistics.median(logs) if logs else None


def told_apart(comparison: Comparison) -> bool:
    return comparison.verdict in {"higher", "lower"}


def interval_disagrees(comparison: Comparison) -> bool:
    """Say whether Holm's decision and the Bonferroni interval, which is wider, part ways."""
    low, high = comparison.ratio.low, comparison.ratio.high
    return told_apart(comparison) and low is not None and high is not None and low <= 1 <= high


def _matched(a: Sequence[Window], b: Sequence[Window]) -> list[tuple[Window, Window]]:
    """Pair windows by turn; those of a duet, that have one place because they are one turn."""
    at_once = {x.index for x in a} & {y.index for y in b}
    if at_once:
        a, b = ([w for w in windows if w.index in at_once] for windows in (a, b))
    return list(zip(_by_turn(a), _by_turn(b), strict=False))


def _by_turn(windows: Sequence[Window]) -> list[Window]:
    return sorted(windows, key=lambda window: window.index)


def _comparison(
    metric: PairedMetric, pair: Pair, found: Centre, rounds: int, p_adjusted: float | None
) -> Comparison:
    ratio = from_log(found.mean, found.half_width, rounds)
    return Comparison(metric, *pair, ratio, p_adjusted, _verdict(found.mean, p_adjusted))


def _verdict(mean: float, p_adjusted: float | None) -> Verdict:
    if p_adjusted is None:
        return "no verdict"
    if p_adjusted >= LEVEL:
        return "no difference detected"
    return "higher" if mean > 0 else "lower"
