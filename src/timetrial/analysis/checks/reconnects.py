"""A connection for every request: the figure is about opening connections, too."""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import RECONNECTS
from timetrial.model.finding import Finding

NAME = RECONNECTS.name


def find(context: CellContext) -> Finding | None:
    if context.benchmark.load.fresh_connections or not reconnects(context):
        return None
    connects, responses = _counted(context)
    return context.finding(
        NAME,
        "note",
        f"{connects:,} connections were opened for {responses:,} responses: the server does not "
        f"keep connections alive, every request pays for a new one.",
    )


def reconnects(context: CellContext) -> bool:
    """Whether about every request had a connection of its own."""
    connects, responses = _counted(context)
    return bool(responses) and RECONNECTS.judge(connects / responses) is not None


def _counted(context: CellContext) -> tuple[int, int]:
    connects = sum(window.connects or 0 for window in context.windows())
    responses = sum(window.completions_overall for window in context.windows())
    return connects, responses
