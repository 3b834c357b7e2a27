"""Requests in flight = rate × mean response time (Little 1961): if not, the counts are wrong.

In a closed load every connection always has a request (or its pipeline's depth) in flight; a user
is always between the first request and the end of the think time after the last response.
"""

from __future__ import annotations

from timetrial._engine import Histogram
from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import LITTLE
from timetrial.analysis.statistics.quantile import merged
from timetrial.model import (
    NS_PER_S,
    Finding,
    OpenLoad,
    VirtualUsers,
    duration,
    seconds,
    significant,
)

_STARVED = 0.25
"""Share of a window: its edges cut off most requests that take longer."""


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
    number = rate_per_s * seconds(passing_ns)
    cut = seconds(_age_in_flight_ns(times, passing_ns)) * len(windows) / length_s
    off = max(0.0, abs(number / expected - 1) - cut)
    severity = LITTLE.judge(off)
    if severity is None:
        return None
    if severity == "invalid" and seconds(times.max_ns) > _STARVED * length_s / len(windows):
        # Few windows contain the whole of a request that waits for so long.
        severity = "doubtful"
    return context.finding(
        LITTLE.name,
        severity,
        f"{_served(number, expected)}: {significant(rate_per_s)} requests a second × "
        f"{duration(passing_ns)} is {significant(number)} in flight with {load}, {percent(off)} "
        f"more than windows of that length explain. Do not compare its response times.",
    )


def _served(number: float, expected: int) -> str:
    if number < expected:
        return f"only about {significant(number, 2)} of {expected} were being served at a time"
    return f"more than {expected} requests seem to have been in flight"


def _age_in_flight_ns(times: Histogram, passing_ns: float) -> float:
    """Return the mean response time of the requests in flight at one moment.

    A window's edges cut these requests off, so that some are missing or surplus. Long requests are
    more often in flight than short ones: E[X²] / E[X] (Feller, An introduction to probability
    theory, vol. 2, the inspection paradox), which matters where some connections starve.
    """
    return passing_ns + times.stdev_ns**2 / passing_ns


def _pause_ns(context: CellContext) -> float:
    """Return a user's mean think time after a response, in ns."""
    if not isinstance(context.benchmark.load, VirtualUsers):
        return 0.0
    workload = context.benchmark.workload
    return NS_PER_S * workload.think_s / len(workload.steps)
