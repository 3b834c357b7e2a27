"""Fewer connections than planned: the stack carried less load than its table says."""

from __future__ import annotations

import statistics

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import CONNECTIONS
from timetrial.model.finding import Finding
from timetrial.model.load import OpenLoad

NAME = CONNECTIONS.name


def find(context: CellContext) -> Finding | None:
    if isinstance(context.benchmark.load, OpenLoad):  # opens what it needs, its number is a bound
        return None
    planned = context.benchmark.load.connections
    numbers = (window.connections_reached for window in context.windows())
    reached = [number for number in numbers if number is not None]
    if not reached or min(reached) >= planned:
        return None
    mean = statistics.fmean(reached)
    short = sum(number < planned for number in reached)
    severity = CONNECTIONS.judge(1 - mean / planned) or "doubtful"
    return context.finding(
        NAME,
        severity,
        f"{short} of {len(reached)} windows did not reach the {planned} planned connections: "
        f"{mean:.1f} on average, {min(reached)} at worst.",
    )
