"""Figures whose truth is known, as what the shipped code compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from noises import Values
from timetrial.analysis.statistics.measured import Measured, Procedure
from timetrial.analysis.statistics.pairs import Layout, Pair, PairOfLayout
from timetrial.analysis.statistics.shared_variance import Figures


@dataclass(frozen=True, slots=True)
class MadeUp(Measured):
    """Throughput whose logarithms are known."""

    figures: Figures = field(default_factory=dict)

    def _pairs(self, stacks: Sequence[str], procedure: Procedure) -> Callable[[str, str], Pair]:
        layout, left = Layout({name: self.figures[name] for name in stacks}), procedure.dropped
        return lambda a, b: PairOfLayout(layout, (a, b), is_fitted=a in left or b in left)


def made_up(figures: Figures) -> MadeUp:
    return MadeUp("throughput", {name: {} for name in figures}, figures=figures)


def figures_of(values: Values) -> Figures:
    """Name stacks by their places; `values` has a row a stack, and a column a round."""
    rows = ((str(s), dict(enumerate(own.tolist(), 1))) for s, own in enumerate(values))
    return dict(rows)
