"""What the control said, beside the verdicts that it vouches for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from timetrial.analysis.statistics.comparisons import is_significant
from timetrial.analysis.statistics.control import bar
from timetrial.model.metrics import METRICS

if TYPE_CHECKING:
    from timetrial.model.summary import Comparison, Estimate, Table


def control_sentences(table: Table) -> Iterator[str]:
    """Say how far the twin was from its stack."""
    absent = set(table.benchmark.stacks) - {row.stack.name for row in table.rows}
    if not table.control:
        if absent:
            yield "The control gave nothing to compare."
        return
    calm = [each for each in table.control if not is_significant(each)]
    if calm:
        open_ = [each for each in calm if each.verdict == "no verdict"]
        fine = [each for each in calm if each not in open_]
        kinds = ((fine, "no difference detected, as it must be"), (open_, "no verdict"))
        parts = (f"{_ratios(own)}: {what}" for own, what in kinds if own)
        said = "; ".join(parts)
        yield f"Control: {calm[0].a} against itself: {said}."
    yield from alarms(table)


def alarms(table: Table) -> Iterator[str]:
    """Say where a stack was told apart from itself, and what that takes back."""
    for each in filter(is_significant, table.control):
        yield (
            f"Control: in {table.benchmark.name}, {each.a} was told apart from itself in "
            f"{METRICS[each.metric].label} ({_ratio_text(each.ratio)}), which must not be: "
            f"verdicts on differences below {_percent(each)} are not judged there."
        )


def _ratios(comparisons: Sequence[Comparison]) -> str:
    return ", ".join(
        f"{_ratio_text(each.ratio)} in {METRICS[each.metric].label}" for each in comparisons
    )


def _ratio_text(ratio: Estimate) -> str:
    known = ratio.low is not None and ratio.high is not None
    return f"{ratio.value:.3f}" + (f" [{ratio.low:.3f}, {ratio.high:.3f}]" if known else "")


def _percent(control: Comparison) -> str:
    return f"{100 * math.expm1(bar(control)):.1f} %"
