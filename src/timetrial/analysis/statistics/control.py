"""Suppression of verdicts below the noise that the A/A control shows. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from timetrial.analysis.statistics.comparisons import EQUIVALENT_WITHIN, is_significant
from timetrial.model import Comparison

TIMES_DEVIATION = 2.0


def suppress_by_control(
    comparisons: Sequence[Comparison], control: Iterable[Comparison]
) -> tuple[Comparison, ...]:
    """Withdraw verdicts on differences that are smaller than those of the control.

    Where a control differs significantly from its stack in a metric, verdicts in that metric need
    at least twice that difference, as absolute logs of ratios. The size of a verdict of equivalence
    is its margin.
    """
    bars: dict[str, float] = {}
    for alarm in filter(is_significant, control):
        bars[alarm.metric] = max(bars.get(alarm.metric, 0.0), bar(alarm))
    return tuple(
        replace(comparison, verdict="not judged", equivalent_within=None)
        if _size(comparison) < bars.get(comparison.metric, 0.0)
        else comparison
        for comparison in comparisons
    )


def is_alarm(control: Comparison) -> bool:
    """Return whether a stack differs from itself, and by more than has practical relevance.

    Metrics that hardly vary, such as memory, differ significantly by a few tenths of a per cent.
    """
    off = abs(math.log(control.ratio.value))
    return is_significant(control) and off > math.log1p(EQUIVALENT_WITHIN)


def bar(control: Comparison) -> float:
    """Return the absolute log ratio below which an alarming control suppresses verdicts."""
    return TIMES_DEVIATION * abs(math.log(control.ratio.value))


def _size(comparison: Comparison) -> float:
    """Return the absolute log ratio of a verdict; infinite without one."""
    if comparison.equivalent_within is not None:
        return math.log1p(comparison.equivalent_within)
    return abs(math.log(comparison.ratio.value)) if is_significant(comparison) else math.inf
