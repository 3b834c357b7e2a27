"""Throughput and CPU time rank two stacks differently, and one of them had idle cores.

A saturated server answers as many requests as its CPU time per request allows: the ratio of
throughputs is the inverse ratio of CPU times. Where their intervals are disjoint, waiting and not
work decided the throughput.
"""

from __future__ import annotations

from collections.abc import Iterable

from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.cell_context import CellContext, percent, span_s
from timetrial.analysis.checks.thresholds import RATIOS_DISAGREE
from timetrial.model import Comparison, Estimate, Finding, OpenLoad


def find(benchmark: BenchmarkContext) -> tuple[Finding, ...]:
    by_pair = {(c.metric, c.a, c.b): c.ratio for c in benchmark.comparisons}
    disagreeing: dict[str, list[str]] = {}
    for comparison in benchmark.comparisons:
        ratio = by_pair.get(("cpu_s_per_1000", comparison.a, comparison.b))
        if comparison.metric == "throughput" and ratio and _disjoint(comparison, ratio):
            disagreeing.setdefault(comparison.a, []).append(comparison.b)
            disagreeing.setdefault(comparison.b, []).append(comparison.a)
    # An open load sets the throughput: equal throughputs and idle cores are expected.
    closed = (h for h in benchmark.measured() if not isinstance(h.benchmark.load, OpenLoad))
    findings = (_finding(h, disagreeing[h.stack]) for h in closed if h.stack in disagreeing)
    return tuple(finding for finding in findings if finding is not None)


def _finding(context: CellContext, others: Iterable[str]) -> Finding | None:
    idle = idle_share(context)
    severity = None if idle is None else RATIOS_DISAGREE.judge(idle)
    if idle is None or severity is None:
        return None
    return context.finding(
        RATIOS_DISAGREE.name,
        severity,
        f"{percent(idle)} of its cores' time was idle, and throughput ranks it differently from "
        f"CPU time per request with {', '.join(sorted(others))}: throughput includes waiting.",
    )


def idle_share(context: CellContext) -> float | None:
    """Return the idle share of the server's cores' time, 0 to 1; None: unknown."""
    known = [
        (window.server_cpu_s, span_s(window) * len(m.surroundings.server_cpus))
        for m in context.measurements
        if m.surroundings is not None
        for window in m.windows
        if window.server_cpu_s is not None
    ]
    had_s = sum(had_s for _, had_s in known)
    return max(0.0, 1 - sum(used_s for used_s, _ in known) / had_s) if had_s else None


def _disjoint(throughput: Comparison, cpu_time: Estimate) -> bool:
    ratio = throughput.ratio
    if ratio.low is None or ratio.high is None or cpu_time.low is None or cpu_time.high is None:
        return False
    return ratio.low > 1 / cpu_time.low or ratio.high < 1 / cpu_time.high
