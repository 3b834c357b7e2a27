"""Throughput that is arithmetic: so many connections, each waiting as long as the app does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timetrial.checks.history import History, percent
from timetrial.stats.estimates import window_throughput
from timetrial.units import significant

if TYPE_CHECKING:
    from timetrial.finding import Finding

NAME = "bound-by-client"
CEILING_SHARE_AT_LEAST = 0.95


def find(history: History) -> Finding | None:
    connections, wait_s = history.contest.load.connections, history.contest.workload.wait_s
    if not wait_s:
        return None
    ceiling = connections / wait_s
    throughput = window_throughput(tuple(history.windows()))
    if throughput < CEILING_SHARE_AT_LEAST * ceiling:
        return None
    return history.finding(
        NAME,
        "note",
        f"bound by the client's shape: {connections} connections ÷ {wait_s * 1000:g} ms of wait = "
        f"{significant(ceiling)} responses a second, and {percent(throughput / ceiling)} of that "
        f"came: the server holds {connections} connections, how fast it is was not asked.",
    )
