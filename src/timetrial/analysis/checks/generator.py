"""The load generator at its limit: out of CPU time, close to its ceiling, or short of users.

What looks like the server's limit may then be the generator's own.
"""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import (
    DROPPED,
    GENERATOR_CEILING,
    GENERATOR_CPU,
    SERVICES_BESIDE,
)
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.model import ClosedLoad, Finding, significant

_DROPPED = "dropped_iterations"
_STARTED = "iterations"
_BUSY_FROM = 0.01
"""Of a core's time: a service that uses less does not disturb the generator."""


def find_dropped(context: CellContext) -> Finding | None:
    """Doubt an open load of which the tool never sent some requests: it had no free user."""
    tools = [window.tool for window in context.windows() if window.tool is not None]
    dropped = sum(tool.figure(_DROPPED) or 0 for tool in tools)
    due = dropped + sum(tool.figure(_STARTED) or 0 for tool in tools)
    severity = DROPPED.judge(dropped / due) if due else None
    if severity is None:
        return None
    return context.finding(
        DROPPED.name,
        severity,
        f"{dropped:,.0f} of {due:,.0f} requests that were due were never sent: {context.generator} "
        f"had no user free for them, and they are in no response time.",
    )


def find_saturated(context: CellContext) -> Finding | None:
    """Doubt throughput that was reached when the generator had no CPU time left."""
    share = cpu_share(context)
    severity = GENERATOR_CPU.judge(share)
    if severity is None:
        return None
    meaning = "is a lower bound" if severity == "invalid" else "may be a lower bound"
    return context.finding(
        GENERATOR_CPU.name,
        severity,
        f"{context.generator} used {percent(share)} of its cores' time: the throughput {meaning}, "
        f"the CPU time per request stands.",
    )


def cpu_share(context: CellContext) -> float:
    """Return the CPU time of the engine's threads as a share of their available time, 0 to 1."""
    had_s = sum(window.length_s * window.generator_threads for window in context.windows())
    used_s = sum(window.generator_cpu_s for window in context.windows())
    return used_s / had_s if had_s else 0.0


def find_ceiling(context: CellContext) -> Finding | None:
    """Doubt throughput close to what the load engine gets from a server that answers at once."""
    ceiling_per_s = context.ceiling_per_s
    throughput = window_throughput(tuple(context.windows()))
    if ceiling_per_s is None or not throughput:
        return None
    if GENERATOR_CEILING.judge(ceiling_per_s / throughput) is None:
        return None
    if throughput > ceiling_per_s:
        # No server exceeds a true ceiling: other processes disturbed its measurement.
        return context.finding(
            GENERATOR_CEILING.name,
            "note",
            f"its {significant(throughput)} requests a second are more than the "
            f"{significant(ceiling_per_s)} that the load engine reached when the run began. The "
            f"machine was disturbed then, so the engine's limit is not known.",
        )
    return context.finding(
        GENERATOR_CEILING.name,
        "doubtful",
        f"its {significant(throughput)} requests a second are {percent(throughput / ceiling_per_s)}"
        f" of the {significant(ceiling_per_s)} that the load engine reaches here: the engine may "
        f"be the limit.",
    )


def find_services_beside(context: CellContext) -> Finding | None:
    """Report services on the generator's CPUs: it waits for them, and so do response times."""
    uses = [use for m in context.measurements for use in m.services if use.cpu_s is not None]
    shares = {
        name: sum(u.cpu_s or 0 for u in uses if u.name == name)
        / sum(u.passed_s for u in uses if u.name == name)
        for name in sorted({use.name for use in uses if use.passed_s})
    }
    busy = {name: share for name, share in shares.items() if share > _BUSY_FROM}
    if SERVICES_BESIDE.judge(len(busy)) is None:
        return None
    listed = ", ".join(f"{name} {percent(share)} of a core" for name, share in busy.items())
    throughput_alone = isinstance(context.benchmark.load, ClosedLoad)
    return context.finding(
        SERVICES_BESIDE.name,
        "note" if throughput_alone else "doubtful",
        f"{listed}, on the load engine's CPUs: it waited for them, which response times include.",
    )
