"""Connections: fewer than planned, or a new one for each request."""

from __future__ import annotations

import statistics

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import CONNECTIONS, RECONNECTS
from timetrial.model import Finding, OpenLoad

NAME = CONNECTIONS.name


def find_missing(context: CellContext) -> Finding | None:
    """Doubt a stack that had fewer connections, and so less load, than its table says."""
    if isinstance(context.benchmark.load, OpenLoad):  # its number of connections is a maximum
        return None
    if _begins_anew(context):
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


def find_reconnects(context: CellContext) -> Finding | None:
    """Note that figures include opening connections, although the load was to keep them open."""
    if context.benchmark.load.fresh_connections or not reconnects(context):
        return None
    connects, responses = _connects_and_responses(context)
    return context.finding(
        RECONNECTS.name,
        "note",
        f"{connects:,} connections were opened for {responses:,} responses: the server does not "
        f"keep connections alive, every request pays for a new one.",
    )


def _begins_anew(context: CellContext) -> bool:
    """Return whether some connections are always in the handshake of TLS, which counts as unopened.

    Each request has one of its own, and waits for that handshake.
    """
    transport = context.benchmark.transport
    if transport is None or not transport.is_encrypted:
        return False
    return context.benchmark.load.fresh_connections or reconnects(context)


def reconnects(context: CellContext) -> bool:
    """Return whether nearly every request had a connection of its own.

    A client that leaves a stream closes its connection itself: that says nothing of the server.
    """
    if context.benchmark.workload.has_streams:
        return False
    connects, responses = _connects_and_responses(context)
    return bool(responses) and RECONNECTS.judge(connects / responses) is not None


def _connects_and_responses(context: CellContext) -> tuple[int, int]:
    connects = sum(window.connects or 0 for window in context.windows())
    return connects, sum(window.completions_overall for window in context.windows())
