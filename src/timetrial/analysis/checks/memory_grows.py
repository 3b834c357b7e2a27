"""Memory that grows with every request: the app or the server may leak."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import MEMORY_GROWS
from timetrial.analysis.statistics.mean_inference import centre
from timetrial.model import Finding, Measurement, size

P_BELOW = 0.01
ROUNDS_FROM = 5


def find(context: CellContext) -> Finding | None:
    """Compare memory at the ends of a round's first and last benchmark.

    Some benchmarks take more memory than others, and processes seldom return memory to the kernel;
    so it has to grow whichever benchmark comes last. A stack has the finding in one benchmark only.
    """
    every = (*context.measurements, *context.elsewhere)
    if context.benchmark.name != max((m.trial.cell.benchmark for m in every), default=""):
        return None
    rounds = [benchmarks for benchmarks in _by_round(every).values() if len(benchmarks) > 1]
    if len(rounds) < ROUNDS_FROM:
        return None
    growth = _growth_by_last(rounds)
    least = min(map(statistics.fmean, growth.values()))
    severity = MEMORY_GROWS.judge(math.expm1(least))
    if severity is None or len(growth) < 2:  # noqa: PLR2004 - a single one may take more memory
        return None
    # Growth per request, because benchmarks have different numbers of requests.
    per_request = centre([_growth(round_) / _requests(round_) for round_ in rounds])
    if per_request.p >= P_BELOW:
        return None
    grown, requests = (statistics.fmean(map(of, rounds)) for of in (_growth, _requests))
    return context.finding(
        MEMORY_GROWS.name,
        severity,
        f"memory rose by {percent(math.expm1(least))} or more from the end of a round's first "
        f"benchmark to the end of its last, whichever that was: {size(grown)} in "
        f"{requests:,.0f} requests, {size(per_request.mean)} for each. The app, or the "
        f"server, may leak.",
    )


def _by_round(measurements: Sequence[Measurement]) -> Mapping[int, list[Measurement]]:
    """Group measurements by round, in the order in which they were taken."""
    rounds: dict[int, list[Measurement]] = {}
    measured = [m for m in measurements if m.windows and _memory(m)]
    for measurement in sorted(measured, key=lambda m: m.windows[0].started_ns):
        rounds.setdefault(measurement.trial.round, []).append(measurement)
    return rounds


def _growth_by_last(rounds: Sequence[Sequence[Measurement]]) -> Mapping[str, list[float]]:
    """List log ratios of memory, last over first, by the last benchmark."""
    growth: dict[str, list[float]] = {}
    for first, *_, last in rounds:
        change = math.log(_memory(last) / _memory(first))
        growth.setdefault(last.trial.cell.benchmark, []).append(change)
    return growth


def _memory(measurement: Measurement) -> int:
    return measurement.memory.total_bytes


def _growth(benchmarks: Sequence[Measurement]) -> int:
    """Return bytes, from the end of a round's first benchmark to that of its last."""
    return _memory(benchmarks[-1]) - _memory(benchmarks[0])


def _requests(benchmarks: Sequence[Measurement]) -> int:
    """Count the correct responses meanwhile."""
    windows = (window for benchmark in benchmarks[1:] for window in benchmark.windows)
    return max(1, sum(window.completions_overall for window in windows))
