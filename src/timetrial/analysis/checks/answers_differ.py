"""A server that does not answer as the others do may have done other work."""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import ANSWERS
from timetrial.model.finding import Finding

NAME = ANSWERS.name


def find(context: CellContext) -> Finding | None:
    """Report what was found when all stacks were asked the same, before they were measured."""
    if not context.differs:
        return None
    evidence = f"it answers otherwise than the other servers: {context.differs}."
    return context.finding(NAME, "doubtful", evidence)
