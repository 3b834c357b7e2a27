"""A connection for every request: the figure is about opening connections, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import RECONNECTS

if TYPE_CHECKING:
    from timetrial.model.finding import Finding

NAME = RECONNECTS.name


def find(history: CellContext) -> Finding | None:
    if history.contest.load.fresh_connections or not reconnects(history):
        return None
    connects, responses = _counted(history)
    return history.finding(
        NAME,
        "note",
        f"{connects:,} connections were opened for {responses:,} responses: the server does not "
        f"keep connections alive, every request pays for a new one.",
    )


def reconnects(history: CellContext) -> bool:
    """Whether about every request had a connection of its own."""
    connects, responses = _counted(history)
    return bool(responses) and RECONNECTS.judge(connects / responses) is not None


def _counted(history: CellContext) -> tuple[int, int]:
    connects = sum(window.connects or 0 for window in history.windows())
    responses = sum(window.completions_overall for window in history.windows())
    return connects, responses
