"""The A/A control as text, beside the verdicts that depend on it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from timetrial.analysis.statistics.comparisons import is_significant
from timetrial.analysis.statistics.control import bar, is_alarm
from timetrial.model import METRICS, Comparison, Estimate, Table


def control_sentences(table: Table) -> Iterator[str]:
    """Yield sentences on how far the A/A control was from its stack."""
    absent = set(table.benchmark.stacks) - {row.stack.name for row in table.rows}
    if not table.control:
        if absent:
            yield "The control gave nothing to compare."
        return
    equal = [comparison for comparison in table.control if not is_alarm(comparison)]
    if equal:
        undecided = [comparison for comparison in equal if comparison.verdict == "no verdict"]
        small = [comparison for comparison in equal if is_significant(comparison)]
        decided = [c for c in equal if c not in undecided and c not in small]
        kinds = (
            (decided, "OK"),
            (small, "too small a difference to matter"),
            (undecided, "no verdict"),
        )
        clauses = (f"{_ratios(group)}: {what}" for group, what in kinds if group)
        yield f"Control: {equal[0].a} against itself: {'; '.join(clauses)}."
    yield from alarms(table)


def alarms(table: Table) -> Iterator[str]:
    """Yield a sentence for each relevant difference of a stack from itself."""
    for comparison in filter(is_alarm, table.control):
        yield (
            f"Control check failed: in {table.benchmark.name}, {comparison.a} differed from itself "
            f"in {METRICS[comparison.metric].label} ({_ratio_text(comparison.ratio)}): differences "
            f"below {100 * math.expm1(bar(comparison)):.1f} % are not judged there."
        )


def _ratios(comparisons: Sequence[Comparison]) -> str:
    return ", ".join(f"{_ratio_text(c.ratio)} in {METRICS[c.metric].label}" for c in comparisons)


def _ratio_text(ratio: Estimate) -> str:
    has_interval = ratio.low is not None and ratio.high is not None
    interval = f" [{ratio.low:.3f}, {ratio.high:.3f}]" if has_interval else ""
    return f"{ratio.value:.3f}{interval}"
