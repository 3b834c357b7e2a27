"""Connections that were to be held, and were not: what failed, when, and what was used up."""

from __future__ import annotations

import os

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.errors import by_kind
from timetrial.analysis.checks.thresholds import NOT_HELD
from timetrial.analysis.statistics.estimates import held_of
from timetrial.model import Finding, HeldConnections

FEW_FILES = 16
"""With fewer left, a process opens no further connection."""


def find(context: CellContext) -> Finding | None:
    """Say what became of connections that were not open at the end."""
    rounds = held_of(context.measurements)
    wanted, held = (sum(getattr(r, name) for r in rounds) for name in ("wanted", "held"))
    severity = NOT_HELD.judge(1 - held / wanted) if wanted else None
    if severity is None:
        return None
    worst = min(rounds, key=lambda each: each.held)
    parts = [
        f"{worst.held:,} of {worst.wanted:,} connections were open at the end"
        + (f", {worst.most:,} at most" if worst.most > worst.held else ""),
        *_endings(context, rounds),
    ]
    return context.finding(NOT_HELD.name, severity, f"{'; '.join(parts)}.")


def _endings(context: CellContext, rounds: list[HeldConnections]) -> list[str]:
    """List how connections ended, over all rounds, and the cause as far as it shows."""
    ended = []
    if not_kept := sum(each.not_kept for each in rounds):
        ended.append(f"{not_kept:,} ended with their response: the server does not keep them alive")
    if closed := sum(each.closed for each in rounds):
        resets = sum(each.resets for each in rounds)
        by_reset = f", {resets:,} of them by a reset" if resets else ""
        ended.append(f"the server closed {closed:,} that were idle{by_reset}")
    ended += by_kind([w.counts for w in context.windows()], context.benchmark.load.timeout_s)
    errors = {os.strerror(e.connect_error): 0 for e in rounds if e.connect_error is not None}
    if errors:
        ended.append(f"connecting failed by: {', '.join(errors)}")
    first_s = [each.first_failed_s for each in rounds if each.first_failed_s is not None]
    if first_s:
        ended.append(f"the first failed {min(first_s):.1f} s after the begin")
    for limit in context.limits:
        if limit.of == "connections" and limit.at_most < rounds[0].wanted:
            ended.append(f"it serves {limit.at_most:,g} at a time ({limit.what})")
    left = [each.files_left for each in rounds if each.files_left is not None]
    if left and min(left) < FEW_FILES:
        ended.append(f"a process of the server could open only {min(left)} more files (ulimit -n)")
    return ended
