"""Rounds: too few of them, or some that are excluded."""

from __future__ import annotations

from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import DROPPED_ROUNDS, TOO_FEW_ROUNDS
from timetrial.model import Finding, counted


def find_too_few(context: CellContext) -> Finding | None:
    """Report too few repetitions for an interval and a verdict."""
    rounds = len(context.measurements)
    severity = TOO_FEW_ROUNDS.judge(rounds)
    if not rounds or severity is None:
        return None
    evidence = f"{counted(rounds, 'round')}: no interval and no verdict."
    return context.finding(TOO_FEW_ROUNDS.name, severity, evidence)


def find_excluded(benchmark: BenchmarkContext) -> tuple[Finding, ...]:
    """Report how many rounds are excluded for all stacks, and why."""
    excluded = benchmark.excluded_rounds
    severity = excluded.severity()
    if severity is None:
        return ()
    measured = benchmark.measured()
    return benchmark.finding(DROPPED_ROUNDS.name, severity, excluded.evidence(), measured)
