"""The server's processes changed after the warm-up: some died or were replaced."""

from __future__ import annotations

from collections import Counter

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import WORKERS_CHANGED
from timetrial.model import Finding, comma_separated


def find(context: CellContext) -> Finding | None:
    during = [
        m.trial.round
        for m in context.measurements
        if set(m.processes_before) != set(m.processes_after)
    ]
    between = [r for r in _rounds_that_differ(context) if r not in during]
    if not during and not between:
        return None
    parts = [
        f"{what} round {comma_separated(rounds)}"
        for what, rounds in (
            ("in the middle of this benchmark in", during),
            ("between benchmarks in", between),
        )
        if rounds
    ]
    return context.finding(
        WORKERS_CHANGED.name,
        "doubtful",
        f"processes of the server came or went {' and '.join(parts)}: not all that was measured "
        f"had been warmed up.",
    )


def _rounds_that_differ(context: CellContext) -> list[int]:
    """List the rounds in which this benchmark began or ended with other processes than others."""
    differing = []
    starts = Counter(life.round for life in context.lives)
    for measurement in context.measurements:
        round_ = measurement.trial.round
        if starts[round_] > 1:  # Timetrial started it afresh, and warmed it up again
            continue
        in_round = (measurement, *(m for m in context.elsewhere if m.trial.round == round_))
        trees = {frozenset(t) for m in in_round for t in (m.processes_before, m.processes_after)}
        if len(trees) > 1:
            differing.append(round_)
    return differing
