"""Throughput that falls from round to round where requests write: what they write remains."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.cell_context import percent
from timetrial.analysis.checks.thresholds import GROWING_DATA
from timetrial.analysis.checks.trend_tests import change, trend_p
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.model import Finding, OpenLoad

WORTH_MENTIONING = 0.05
"""Fall from the first round to the last, as a share, from which on it is told."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def find(benchmark: BenchmarkContext) -> tuple[Finding, ...]:
    """Report a falling trend over rounds, of all servers together: they share what is written.

    One figure a round: servers of one round share its disturbances, and are no repetitions.
    """
    histories = tuple(benchmark.measured())
    if not histories or not _writes(benchmark) or _has_rate(benchmark):
        return ()
    figures = _by_round(benchmark)
    if len(figures) < 3:  # noqa: PLR2004 - two have no trend
        return ()
    fall = -change(figures)
    # Of a two-sided test the half: data that grow can but slow an app down.
    p = trend_p(figures) / 2
    severity = GROWING_DATA.judge(p)
    if fall < WORTH_MENTIONING or severity is None:
        return ()
    evidence = (
        f"throughput of all servers together fell by {percent(fall)} from the first round to the "
        f"last (p = {p:.1g}), and the requests write: what they write remains from round to round, "
        "and may slow the app down. Add a request that removes it, or fill the data before."
    )
    return benchmark.finding(GROWING_DATA.name, severity, evidence, iter(histories))


def _writes(benchmark: BenchmarkContext) -> bool:
    steps = benchmark.histories[0].benchmark.workload.steps
    return any(step.method not in _READS for step in steps)


def _has_rate(benchmark: BenchmarkContext) -> bool:
    return isinstance(benchmark.histories[0].benchmark.load, OpenLoad)


def _by_round(benchmark: BenchmarkContext) -> Sequence[float]:
    """Return the geometric mean of all servers' throughput, by round, where none is missing."""
    of_stacks = [
        {m.trial.round: window_throughput(m.windows) for m in history.measurements}
        for history in benchmark.measured()
    ]
    rounds = sorted(set.intersection(*map(set, of_stacks)))
    figures = ([figures[round_] for figures in of_stacks] for round_ in rounds)
    return [statistics.geometric_mean(each) for each in figures if all(each)]
