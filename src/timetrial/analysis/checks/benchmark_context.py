"""All stacks of one benchmark side by side: what a check of a whole table looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.round_exclusion import ExcludedRounds
from timetrial.model.finding import Finding, Severity
from timetrial.model.run import StackFacts
from timetrial.model.summary import Comparison


@dataclass(frozen=True, slots=True)
class BenchmarkContext:
    """The histories of a benchmark's cells, and what is known of them together."""

    histories: tuple[CellContext, ...]
    facts: Mapping[str, StackFacts] = field(default_factory=dict)
    """By stack."""
    comparisons: tuple[Comparison, ...] = ()
    excluded_rounds: ExcludedRounds = field(default_factory=ExcludedRounds)

    def measured(self) -> Iterator[CellContext]:
        return (context for context in self.histories if context.measurements)

    def finding(
        self, name: str, severity: Severity, evidence: str, histories: Iterator[CellContext]
    ) -> tuple[Finding, ...]:
        """Say the same of several cells; reports say it once."""
        return tuple(context.finding(name, severity, evidence) for context in histories)
