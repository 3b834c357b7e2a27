"""Response times that wait for Linux's delayed acknowledgement: a plateau.

A server that sends a response in several small writes on a socket without TCP_NODELAY holds the
last one back until the first is acknowledged (Nagle, RFC 896), and the client's kernel takes 40 ms
(TCP_DELACK_MIN, on connections that it takes for interactive) before it acknowledges.
"""

from __future__ import annotations

from timetrial._engine import Histogram
from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import PLATEAU
from timetrial.analysis.statistics.quantile import merged
from timetrial.model import NS_PER_MS, Finding, duration, seconds

PLATEAU_MS = (38, 48)
"""Range of response times that waited for an acknowledgement."""
GAP_MS = (15, 38)
"""Range that is almost empty, if the delayed acknowledgement is the cause."""
GAP_SHARE_AT_MOST = 0.10
BUSY_CORES = 0.8
"""The response times of a server that busy come from its queue."""


def find(context: CellContext) -> Finding | None:
    times = merged(context.windows())
    plateau, gap = _share(times, PLATEAU_MS), _share(times, GAP_MS)
    if PLATEAU.judge(plateau) is None or gap > GAP_SHARE_AT_MOST:
        return None
    if _waits_by_design(context) or _busy_cores(context) >= BUSY_CORES:
        return None
    return context.finding(
        PLATEAU.name,
        "doubtful",
        f"{percent(plateau)} of response times lie in {_band(PLATEAU_MS)} (median "
        f"{duration(times.quantile(0.5))}), {percent(gap)} in {_band(GAP_MS)}: this figure is a "
        f"plateau, not a speed. Probably small writes on a socket without TCP_NODELAY meet the "
        f"delayed ACK of 40 ms.",
    )


def _band(edges_ms: tuple[int, int]) -> str:
    return f"{edges_ms[0]} to {edges_ms[1]} ms"


def _share(times: Histogram, band_ms: tuple[int, int]) -> float:
    low_ns, high_ns = (edge * NS_PER_MS for edge in band_ms)
    return times.count_between(low_ns, high_ns - 1) / times.count if times.count else 0.0


def _waits_by_design(context: CellContext) -> bool:
    low_ms, high_ms = PLATEAU_MS
    steps = context.benchmark.workload.steps
    return any(low_ms <= step.wait_s * 1000 <= high_ms for step in steps)


def _busy_cores(context: CellContext) -> float:
    """Return the CPU time of the server over elapsed time, where it is known; else 0."""
    known = [w for w in context.windows() if w.server_cpu_s is not None]
    passed_s = sum(seconds(window.drained_ns - window.started_ns) for window in known)
    used_s = sum(window.server_cpu_s or 0.0 for window in known)
    return used_s / passed_s if passed_s else 0.0
