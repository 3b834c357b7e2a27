"""A load beyond a known limit of the server: the figure may show that limit."""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import SERVER_LIMIT
from timetrial.model import ClosedLoad, Finding, ServerLimit, ThinkTime, VirtualUsers


def find(context: CellContext) -> Finding | None:
    if not any(context.windows()):
        return None
    exceeded = [clause for limit in context.limits if (clause := _exceeded(limit, context))]
    if not exceeded:
        return None
    return context.finding(
        SERVER_LIMIT.name,
        "doubtful",
        f"{'; '.join(exceeded)}: the figure may be that of this limit, not the server's speed.",
    )


def _exceeded(limit: ServerLimit, context: CellContext) -> str | None:
    """Describe how the load exceeds a limit; None if it does not."""
    workload, bound = context.benchmark.workload, f"{limit.at_most:,g}"
    waited_s = max(step.wait_s for step in workload.steps)
    idle_s = _longest_idle_s(context)
    connections = _connections(context)
    said = {
        "connections": f"{connections:,} connections, and the server serves {bound} at a time",
        "listen_queue": f"{connections:,} connections, and the listen queue holds {bound}",
        "response_s": f"the app waits {waited_s:g} s, and the server gives up after {bound} s",
        "idle_s": f"users think for {idle_s:g} s, and idle connections are closed after {bound} s",
    }
    beyond = {
        "connections": connections > limit.at_most,
        "listen_queue": connections > limit.at_most,
        "response_s": waited_s >= limit.at_most,
        "idle_s": idle_s >= limit.at_most,
    }
    return f"{said[limit.of]} ({limit.what})" if beyond[limit.of] else None


def _connections(context: CellContext) -> int:
    """Return the planned connections; of an open load, which plans a maximum, the reached ones."""
    load = context.benchmark.load
    if isinstance(load, ClosedLoad | VirtualUsers):
        return load.connections
    return max((window.connections_reached or 0 for window in context.windows()), default=0)


def _longest_idle_s(context: CellContext) -> float:
    if not isinstance(context.benchmark.load, VirtualUsers):
        return 0.0
    return max(_longest_s(step.think) for step in context.benchmark.workload.steps)


def _longest_s(think: ThinkTime) -> float:
    """Return the longest think time; of an exponential one, which has no maximum, the mean."""
    if think.mean_s is not None:
        return think.mean_s
    return think.low_s if think.high_s is None else think.high_s
