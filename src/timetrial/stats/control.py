"""What an A/A comparison, the same stack twice, allows the others to say. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from timetrial.stats.comparisons import told_apart
from timetrial.summary import Comparison, Verdict

TIMES_DEVIATION = 2.0
_WITHOUT_CLAIM: frozenset[Verdict] = frozenset({"no verdict", "no difference detected"})


def withheld(
    comparisons: Sequence[Comparison], control: Iterable[Comparison]
) -> tuple[Comparison, ...]:
    """Take back verdicts on differences that are smaller than what the control shows by itself.

    Where a stack is told apart from itself in a metric, verdicts of that metric stand only from
    twice that deviation on; deviations and differences are absolute logs of ratios.
    """
    bars = {each.metric: bar(each) for each in control if told_apart(each)}
    return tuple(
        replace(each, verdict="withheld")
        if each.verdict not in _WITHOUT_CLAIM and _size(each) < bars.get(each.metric, 0.0)
        else each
        for each in comparisons
    )


def bar(control: Comparison) -> float:
    """Return the size, as a log ratio, below which verdicts are withheld if the control alarms."""
    return TIMES_DEVIATION * _size(control)


def _size(comparison: Comparison) -> float:
    return abs(math.log(comparison.ratio.value))
