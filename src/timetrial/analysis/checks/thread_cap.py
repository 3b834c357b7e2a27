"""Threads as the limit: each serves one request at a time, and all of them were busy waiting.

With so many threads, no more requests a second can be served than threads divided by the time that
a request takes when it waits for no thread: the wait of the app where the suite says it, otherwise
a lower quantile of the response times at a rate below capacity.
"""

from __future__ import annotations

from dataclasses import dataclass

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.idle_server import idle_share
from timetrial.analysis.checks.thresholds import RATIOS_DISAGREE, THREAD_CAP
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.analysis.statistics.quantile import merged
from timetrial.model import (
    ClosedLoad,
    Finding,
    counted,
    duration,
    nanoseconds,
    seconds,
    significant,
)

_UNQUEUED = 0.25
"""At half of the capacity, a half of the requests find a free thread."""
_MOST = 1.15
"""Beyond this share of the cap, requests do not take a thread each."""


@dataclass(frozen=True, slots=True)
class ThreadCap:
    """The most requests a second that the threads of a stack can serve."""

    threads: int
    """Of all workers together."""
    request_s: float
    """How long a request takes a thread."""

    @property
    def at_most_per_s(self) -> float:
        return self.threads / self.request_s

    def __str__(self) -> str:
        threads, time = counted(self.threads, "thread"), duration(nanoseconds(self.request_s))
        return f"{threads} / {time} = {significant(self.at_most_per_s)} req/s at most"


def find(context: CellContext) -> Finding | None:
    cap = thread_cap(context)
    if cap is None:
        return None
    came = window_throughput(tuple(context.windows())) / cap.at_most_per_s
    return context.finding(THREAD_CAP.name, "note", f"{cap}, and {percent(came)} of that came.")


def thread_cap(context: CellContext) -> ThreadCap | None:
    """Return the cap of a stack whose threads were the reason for its throughput."""
    load, threads = context.benchmark.load, context.workers * context.threads
    windows = tuple(context.windows())
    if not windows or not threads or not isinstance(load, ClosedLoad):
        return None
    request_s, idle = _request_s(context), idle_share(context)
    if not request_s or load.connections * load.pipeline <= threads:
        return None
    if idle is None or RATIOS_DISAGREE.judge(idle) is None:
        return None
    cap = ThreadCap(threads, request_s)
    share = window_throughput(windows) / cap.at_most_per_s
    return cap if THREAD_CAP.judge(share) is not None and share <= _MOST else None


def _request_s(context: CellContext) -> float:
    """Return how long a request takes that waits for no thread; 0: unknown."""
    workload = context.benchmark.workload
    if workload.wait_s:
        return workload.wait_s / len(workload.steps)
    times = merged(tuple(w for m in context.unqueued for w in m.windows))
    return seconds(times.quantile(_UNQUEUED)) if times.count else 0.0
