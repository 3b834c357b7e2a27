"""All stacks of one benchmark side by side: the input of checks of a whole table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.round_exclusion import ExcludedRounds
from timetrial.model import Comparison, Finding, Severity, StackFacts


@dataclass(frozen=True, slots=True)
class BenchmarkContext:
    """The contexts of a benchmark's cells, and what they have in common."""

    histories: tuple[CellContext, ...]
    facts: Mapping[str, StackFacts] = field(default_factory=dict)
    """Facts by stack."""
    comparisons: tuple[Comparison, ...] = ()
    excluded_rounds: ExcludedRounds = field(default_factory=ExcludedRounds)

    def measured(self) -> Iterator[CellContext]:
        return (context for context in self.histories if context.measurements)

    def finding(
        self, name: str, severity: Severity, evidence: str, histories: Iterator[CellContext]
    ) -> tuple[Finding, ...]:
        """Report the same finding for several cells; reports merge them."""
        return tuple(context.finding(name, severity, evidence) for context in histories)
