"""Rounds that are missing on purpose: how many, and why."""

from __future__ import annotations

from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.round_exclusion import NAME
from timetrial.model.finding import Finding


def find(benchmark: BenchmarkContext) -> tuple[Finding, ...]:
    severity = benchmark.excluded_rounds.severity()
    if severity is None:
        return ()
    return benchmark.finding(
        NAME, severity, benchmark.excluded_rounds.evidence(), benchmark.measured()
    )
