"""Requests under way = rate × mean response time (Little 1961): if not, the accounts are wrong.

In a closed load every connection always has a request (or its pipeline's depth) under way; a user
is always somewhere between the first request and the end of the thinking after the last response.
"""

from __future__ import annotations

from timetrial._engine import Histogram
from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import LITTLE
from timetrial.analysis.statistics.quantile import merged
from timetrial.model.finding import Finding
from timetrial.model.load import OpenLoad, VirtualUsers
from timetrial.model.units import NS_PER_S, duration, seconds, significant

_STARVED = 0.25
"""Of a window: what takes as long is mostly cut off by its edges, and leaves no account."""


def find(context: CellContext) -> Finding | None:
    windows = tuple(context.windows())
    load = context.benchmark.load
    length_s = sum(window.length_s for window in windows)
    times = merged(windows)
    if isinstance(load, OpenLoad) or not times.count or not length_s:
        return None
    rate_per_s = sum(window.counts.arrivals for window in windows) / length_s
    passing_ns = times.mean_ns + _pause_ns(context)
    expected = load.connections * load.pipeline
    found = rate_per_s * seconds(passing_ns)
    cut = seconds(_under_way_ns(times, passing_ns)) * len(windows) / length_s
    off = max(0.0, abs(found / expected - 1) - cut)
    severity = LITTLE.judge(off)
    if severity is None:
        return None
    if severity == "invalid" and seconds(times.max_ns) > _STARVED * length_s / len(windows):
        # A request that waits for that long is in few windows from its begin to its end.
        severity = "doubtful"
    return context.finding(
        LITTLE.name,
        severity,
        f"{significant(rate_per_s)} requests a second × {duration(passing_ns)} is "
        f"{significant(found)} under way, where {load} were to be: by {percent(off)}, more than "
        f"windows of that length explain: the accounts do not add up, or connections starve.",
    )


def _under_way_ns(times: Histogram, passing_ns: float) -> float:
    """Return how long those take, on average, that are under way at one moment.

    A window's edges cut them off: they may be missing, or be too much. Long ones are more often
    under way than short ones: E[X²] / E[X] (Feller, An introduction to probability theory, vol. 2,
    the inspection paradox), which matters where a server lets some connections starve.
    """
    return passing_ns + times.stdev_ns**2 / passing_ns


def _pause_ns(context: CellContext) -> float:
    """Return how long a user pauses after a response, on average over the steps."""
    if not isinstance(context.benchmark.load, VirtualUsers):
        return 0.0
    workload = context.benchmark.workload
    return NS_PER_S * workload.think_s / len(workload.steps)
