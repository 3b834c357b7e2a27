"""Requests of an open load that were due and never sent, because the tool had no user free."""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import DROPPED
from timetrial.model.finding import Finding

NAME = DROPPED.name
_DROPPED = "dropped_iterations"
_STARTED = "iterations"


def find(context: CellContext) -> Finding | None:
    tools = [window.tool for window in context.windows() if window.tool is not None]
    dropped = sum(tool.figure(_DROPPED) or 0 for tool in tools)
    due = dropped + sum(tool.figure(_STARTED) or 0 for tool in tools)
    severity = DROPPED.judge(dropped / due) if due else None
    if severity is None:
        return None
    return context.finding(
        NAME,
        severity,
        f"{dropped:,.0f} of {due:,.0f} requests that were due were never sent: {context.generator} "
        f"had no user free for them, and they are in no response time.",
    )
