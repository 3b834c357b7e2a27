"""Throughput and CPU time rank two stacks differently, and one of them left its cores idle.

A server that is at its end answers as many requests as its CPU time per request allows: the ratio
of throughputs is that of CPU times, upside down. Where their intervals are disjoint something else
than work decided.
"""

from __future__ import annotations

from collections.abc import Iterable

from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.cell_context import CellContext, percent, span_s
from timetrial.analysis.checks.thresholds import RATIOS_DISAGREE
from timetrial.model.finding import Finding
from timetrial.model.load import OpenLoad
from timetrial.model.summary import Comparison, Estimate


def find(benchmark: BenchmarkContext) -> tuple[Finding, ...]:
    by_pair = {(c.metric, c.a, c.b): c.ratio for c in benchmark.comparisons}
    disagreeing: dict[str, list[str]] = {}
    for comparison in benchmark.comparisons:
        ratio = by_pair.get(("cpu_s_per_1000", comparison.a, comparison.b))
        if comparison.metric == "throughput" and ratio and _disjoint(comparison, ratio):
            disagreeing.setdefault(comparison.a, []).append(comparison.b)
            disagreeing.setdefault(comparison.b, []).append(comparison.a)
    # A rate sets the throughput: that stacks agree in it, and are idle, is what was asked for.
    closed = (h for h in benchmark.measured() if not isinstance(h.benchmark.load, OpenLoad))
    found = (_of(h, disagreeing[h.stack]) for h in closed if h.stack in disagreeing)
    return tuple(finding for finding in found if finding is not None)


def _of(context: CellContext, others: Iterable[str]) -> Finding | None:
    idle = idle_share(context)
    severity = None if idle is None else RATIOS_DISAGREE.judge(idle)
    if idle is None or severity is None:
        return None
    return context.finding(
        RATIOS_DISAGREE.name,
        severity,
        f"{percent(idle)} of its cores' time was idle, and throughput compares otherwise than CPU "
        f"time per request with {', '.join(sorted(others))}: it waited for something, and "
        f"throughput tells of that, too.",
    )


def idle_share(context: CellContext) -> float | None:
    """Return what the server left of its cores' time, 0 to 1; None: not known."""
    known = [
        (window.server_cpu_s, span_s(window) * len(each.surroundings.server_cpus))
        for each in context.measurements
        if each.surroundings is not None
        for window in each.windows
        if window.server_cpu_s is not None
    ]
    had_s = sum(had_s for _, had_s in known)
    return max(0.0, 1 - sum(used_s for used_s, _ in known) / had_s) if had_s else None


def _disjoint(throughput: Comparison, cpu_time: Estimate) -> bool:
    ratio = throughput.ratio
    if ratio.low is None or ratio.high is None or cpu_time.low is None or cpu_time.high is None:
        return False
    return ratio.low > 1 / cpu_time.low or ratio.high < 1 / cpu_time.high
