"""Rounds are what is repeated: with few of them there is no telling how sure a figure is."""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import TOO_FEW_ROUNDS
from timetrial.model.finding import Finding

NAME = TOO_FEW_ROUNDS.name


def find(context: CellContext) -> Finding | None:
    rounds = len(context.measurements)
    severity = TOO_FEW_ROUNDS.judge(rounds)
    if not rounds or severity is None:
        return None
    plural = "" if rounds == 1 else "s"
    lacking = "no interval and no verdict" if severity == "doubtful" else "no verdict"
    return context.finding(NAME, severity, f"{rounds} round{plural}: {lacking}.")
