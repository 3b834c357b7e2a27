"""From the rounds of a run to the scores of its candidates, and to bounds of unmeasured ones.

Throughput grows at most in proportion to workers × threads: with twice as many, a server does twice
as much at best. A candidate that would stay behind even so need not be measured.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.analysis.statistics.pairs import round_differences
from timetrial.analysis.statistics.quantile import log_quantile, merged
from timetrial.features.tune.grid import Candidate
from timetrial.features.tune.halving import Scores
from timetrial.features.tune.objective import Objective
from timetrial.features.tune.outcome import OutcomeKind, SettingOutcome
from timetrial.features.tune.suites import ALONE, TuningTarget
from timetrial.model import (
    BY_OPTION,
    METRICS,
    NS_PER_S,
    Benchmark,
    ComparedMetric,
    Measurement,
    Run,
)

_START_S = 0.5
_QUANTILES = (0.99, 0.90, 0.50)
_BEYOND = 5
"""So many responses lie beyond the quantile of one round that decides which candidates go on."""
_SLACK = 2.0
"""How many times as much a candidate may do as it was seen to, in one or two short windows, or over
one connection, when it waits for the client, too."""


@dataclass(frozen=True, slots=True)
class MeasuredThroughput:
    """A candidate that was measured."""

    candidate: Candidate
    per_s: float
    """Correct responses a second."""
    alone: bool = False
    """Over one connection, by a server that has a thread for each request."""

    def at_most(self, other: Candidate) -> float | None:
        """Return the upper bound of a candidate that is no smaller, in 1/s; None for any other."""
        this = self.candidate
        smaller = other.workers < this.workers or other.threads < this.threads
        if other.server != this.server or smaller:
            return None
        return _SLACK * self.per_s * other.slots / this.slots


def ruled_out(
    alive: Sequence[Candidate],
    seen: Sequence[MeasuredThroughput],
    name: Callable[[Candidate], str],
    rate_per_s: float | None = None,
) -> Mapping[Candidate, SettingOutcome]:
    """List candidates that cannot reach the best measured one, or the rate if there is one.

    Each has its reason.
    """
    loaded = [measured for measured in seen if not measured.alone]
    if not loaded:
        return {}
    best = max(loaded, key=lambda measured: measured.per_s)
    standard = SettingOutcome(
        OutcomeKind.CANNOT_REACH_BEST, least_per_s=best.per_s, best=name(best.candidate)
    )
    if rate_per_s is not None:
        standard = SettingOutcome(OutcomeKind.CANNOT_REACH_RATE, least_per_s=rate_per_s)
    ruled_out_settings: dict[Candidate, SettingOutcome] = {}
    for candidate in alive:
        bounds = [bound for measured in seen if (bound := measured.at_most(candidate)) is not None]
        if bounds and min(bounds) < standard.least_per_s:
            ruled_out_settings[candidate] = replace(standard, most_per_s=min(bounds))
    return ruled_out_settings


def scores(run: Run, target: TuningTarget, objective: Objective, reference: Candidate) -> Scores:
    """Compare every candidate with the reference, round by round; higher is better.

    Where the reference itself has no figure, there is no score.
    """
    metric, name = BY_OPTION[objective], target.name(reference)
    direction = METRICS[metric].direction
    scores_found: dict[Candidate, list[float]] = {}
    for benchmark in run.plan.suite.benchmarks:
        if benchmark.name == ALONE:
            continue
        rounds = {stack: _rounds(run, benchmark, stack) for stack in benchmark.stacks}
        for stack, measurements in rounds.items():
            candidate_scores = scores_found.setdefault(target.candidate(stack), [])
            if stack == name:
                candidate_scores += (0.0 for _ in measurements)
            else:
                differences = _differences(metric, rounds.get(name, {}), measurements)
                candidate_scores += (direction * d for d in differences.values())
    return scores_found


def memory_bytes(runs: tuple[Run, ...], target: TuningTarget) -> Mapping[Candidate, float]:
    """Average the memory of each candidate over all rounds of all runs, in bytes."""
    taken: dict[Candidate, list[float]] = {}
    for run in runs:
        for measurement in run.measurements:
            if measurement.memory.total_bytes:
                candidate = target.candidate(measurement.trial.cell.stack)
                taken.setdefault(candidate, []).append(float(measurement.memory.total_bytes))
    return {candidate: statistics.fmean(values) for candidate, values in taken.items()}


def throughputs(run: Run, target: TuningTarget) -> tuple[MeasuredThroughput, ...]:
    """List the throughput of the candidates of the pilot.

    Over one connection a server shows what one thread can do, if each request has a thread.
    """
    measured = []
    for measurement in run.measurements:
        candidate = target.candidate(measurement.trial.cell.stack)
        alone = measurement.trial.cell.benchmark == ALONE
        if alone and not _has_thread_for_each(candidate, target):
            continue
        measured.append(
            MeasuredThroughput(candidate, window_throughput(measurement.windows), alone)
        )
    return tuple(measured)


def start_s(run: Run) -> float:
    """Return how long a start took, on average; a guess where there is no record."""
    taken = [(life.ready_ns - life.started_ns) / NS_PER_S for life in run.lives]
    return statistics.fmean(taken) if taken else _START_S


def _has_thread_for_each(candidate: Candidate, target: TuningTarget) -> bool:
    server = target.servers[candidate.server]
    return server.interface == "wsgi" and server.threads.max > 1


def response_time_s(run: Run) -> float | None:
    """Return the median response time over a single connection, if the pilot has one."""
    windows = [w for m in run.measurements if m.trial.cell.benchmark == ALONE for w in m.windows]
    times = merged(windows)
    return times.quantile(0.5) / NS_PER_S if times.count else None


def _rounds(run: Run, benchmark: Benchmark, stack: str) -> dict[int, Measurement]:
    return {
        m.trial.round: m
        for m in run.measurements
        if (m.trial.cell.benchmark, m.trial.cell.stack) == (benchmark.name, stack)
    }


def _differences(
    metric: ComparedMetric, a: Mapping[int, Measurement], b: Mapping[int, Measurement]
) -> Mapping[int, float]:
    if metric == "p50_ns" or metric == "p99_ns":  # noqa: PLR1714 - the type narrows by it
        return _quantile_differences(a, b)
    return round_differences(metric, a, b)


def _quantile_differences(
    a: Mapping[int, Measurement], b: Mapping[int, Measurement]
) -> Mapping[int, float]:
    """Compare p99 round by round, or a lower quantile where a round has too few responses."""
    both = sorted(a.keys() & b)
    times = {number: (merged(a[number].windows), merged(b[number].windows)) for number in both}
    fewest = min((min(x.count, y.count) for x, y in times.values()), default=0)
    q = next((q for q in _QUANTILES if fewest * (1 - q) >= _BEYOND), _QUANTILES[-1])
    return {
        number: log_quantile(of_b, q) - log_quantile(of_a, q)
        for number, (of_a, of_b) in times.items()
        if of_a.count and of_b.count
    }
