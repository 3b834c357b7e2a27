"""An open load that fell behind: the server did not keep up, or the engine itself was late."""

from __future__ import annotations

import math

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.generator_stops import is_void
from timetrial.analysis.checks.thresholds import BEHIND as BEHIND_GATE
from timetrial.analysis.checks.thresholds import LATENESS
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.analysis.statistics.quantile import decoded, merged
from timetrial.model import ENGINE, NS_PER_MS, Finding, OpenLoad, duration, seconds, significant

BEHIND = BEHIND_GATE.name
LATE = LATENESS.name
LATE_FROM_NS = NS_PER_MS
_TAIL = 0.99
_WHAT_THEN = ", its queue grew to the end, and response times grow with the length of the trial"
"""Holds for the engine, which sends all due requests."""


def find_behind(context: CellContext) -> Finding | None:
    """Doubt response times that depend on the length of the trial, because a queue grew."""
    load = context.benchmark.load
    if not isinstance(load, OpenLoad) or not context.measurements:
        return None
    if any(map(is_void, context.windows())):  # the generator stood still, not the server
        return None
    throughput = window_throughput(tuple(context.windows()))
    due = due_per_s(context, load)
    missing = 1 - throughput / due if due else 0.0
    severity = BEHIND_GATE.judge(missing)
    if severity is None or missing <= _chance(context):
        return None
    late = find_late(context)
    generators_fault = late is not None and late.severity == "invalid"
    return context.finding(
        BEHIND,
        severity if generators_fault else "doubtful",
        f"of {load}, {significant(due)} fell due and {significant(throughput)} were answered: "
        f"{_why(context, generators_fault=generators_fault)}.",
    )


def _why(context: CellContext, *, generators_fault: bool) -> str:
    if generators_fault:
        return "the load engine itself was late, so that this says nothing of the server"
    then = _WHAT_THEN if context.benchmark.driver == ENGINE else ""
    return f"the server did not keep up{then}"


def due_per_s(context: CellContext, load: OpenLoad) -> float:
    """Return the requests due a second: random arrivals rarely match their rate exactly."""
    length_s = sum(window.length_s for window in context.windows())
    if load.arrival == "constant" or context.benchmark.driver != ENGINE or not length_s:
        return load.rate_per_s
    return sum(window.counts.arrivals for window in context.windows()) / length_s


def _chance(context: CellContext) -> float:
    """Return the share that may be missing because more requests were in flight at a window's end.

    The numbers in flight at both ends differ by chance: Poisson, three sigma.
    """
    times, windows = merged(context.windows()), tuple(context.windows())
    in_flight = window_throughput(windows) * seconds(times.mean_ns)
    completions = sum(window.completions for window in windows)
    return 3 * math.sqrt(2 * in_flight * len(windows)) / completions if completions else 0.0


def find_late(context: CellContext) -> Finding | None:
    """Doubt response times that include the engine's own lateness."""
    lateness = decoded(window.lateness for window in context.windows())
    if not isinstance(context.benchmark.load, OpenLoad) or not lateness.count:
        return None
    late_ns = lateness.quantile(_TAIL)
    shown_ns = merged(context.windows()).quantile(_TAIL)
    if not shown_ns or late_ns <= LATE_FROM_NS:
        return None
    share = late_ns / shown_ns
    return context.finding(
        LATE,
        LATENESS.judge(share) or "doubtful",
        f"the load engine sent up to {duration(late_ns)} late (p99), {percent(share)} of the "
        f"response time's p99 of {duration(shown_ns)}.",
    )
