"""What an A/A comparison, the same stack twice, allows the others to say. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from timetrial.analysis.statistics.comparisons import is_significant
from timetrial.model.summary import Comparison

TIMES_DEVIATION = 2.0


def suppress_by_control(
    comparisons: Sequence[Comparison], control: Iterable[Comparison]
) -> tuple[Comparison, ...]:
    """Take back verdicts on differences that are smaller than what the control shows by itself.

    Where a stack is told apart from itself in a metric, verdicts of that metric stand only from
    twice that deviation on; deviations and differences are absolute logs of ratios. A verdict of
    equivalence is as small as what it means.
    """
    bars: dict[str, float] = {}
    for each in filter(is_significant, control):
        bars[each.metric] = max(bars.get(each.metric, 0.0), bar(each))
    return tuple(
        replace(each, verdict="not judged", equivalent_within=None)
        if _size(each) < bars.get(each.metric, 0.0)
        else each
        for each in comparisons
    )


def bar(control: Comparison) -> float:
    """Return the size, as a log ratio, below which verdicts are withheld if the control alarms."""
    return TIMES_DEVIATION * abs(math.log(control.ratio.value))


def _size(comparison: Comparison) -> float:
    """Return how large a log ratio is that a verdict speaks of."""
    if comparison.equivalent_within is not None:
        return math.log1p(comparison.equivalent_within)
    return abs(math.log(comparison.ratio.value)) if is_significant(comparison) else math.inf
