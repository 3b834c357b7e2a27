"""Fewer connections than planned: the stack carried less load than its table says."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from timetrial.checks.history import History
from timetrial.load import RateLoad

if TYPE_CHECKING:
    from timetrial.finding import Finding

NAME = "connections"
INVALID_BELOW_SHARE = 0.95
"""Of the connections planned, on average over windows."""


def find(history: History) -> Finding | None:
    if isinstance(history.contest.load, RateLoad):  # opens what it needs, its number is a bound
        return None
    planned = history.contest.load.connections
    numbers = (window.connections_reached for window in history.windows())
    reached = [number for number in numbers if number is not None]
    if not reached or min(reached) >= planned:
        return None
    mean = statistics.fmean(reached)
    short = sum(number < planned for number in reached)
    return history.finding(
        NAME,
        "invalid" if mean < INVALID_BELOW_SHARE * planned else "doubtful",
        f"{short} of {len(reached)} windows did not reach the {planned} planned connections: "
        f"{mean:.1f} on average, {min(reached)} at worst.",
    )
