"""A duet: two stacks are loaded at once, so that what disturbs one disturbs the other as well."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from timetrial.analysis.checks.generator_stops import is_void
from timetrial.drivers.driver import DuetSession
from timetrial.model import Benchmark, Measurement, StackFailed
from timetrial.runner.benchmark import (
    ATTEMPTS,
    ActiveTrial,
    BenchmarkTask,
    Outcome,
    failure_under_load,
    outcome_of,
    window_of,
)
from timetrial.runner.driver_inputs import load_spec


def run_duet(task: BenchmarkTask) -> list[Outcome]:
    """Measure the benchmark pair by pair; a stack that loses a partner goes on with the others."""
    trials = task.trials
    trees = [trial.running.processes() for trial in trials.values()]
    with task.context.share_evenly(task.benchmark.name, trees) as equal:
        for names, turns in itertools.groupby(
            enumerate(task.planned.duets()), lambda turn: turn[1]
        ):
            pair = [trials[name] for name in names if name in trials]
            if len(pair) == len(names) and not any(trial.failed for trial in pair):
                _run_pair(task, pair, [index for index, _ in turns])
    return [_outcome(trial, equal=equal) for trial in trials.values()]


def _run_pair(task: BenchmarkTask, pair: Sequence[ActiveTrial], indices: Sequence[int]) -> None:
    first, second = (trial.target for trial in pair)
    with task.context.driver.open_duet((first, second), task.session_config) as session:
        for index in indices:
            _take_turn(session, task.benchmark, pair, index)
            task.context.services.require_alive()
            if any(trial.failed for trial in pair):
                return
            for trial in pair:
                task.on_window(trial.trial.cell, trial.windows[-1])


def _take_turn(
    session: DuetSession, benchmark: Benchmark, pair: Sequence[ActiveTrial], index: int
) -> None:
    """Keep the window of both, or of none: without its partner a stack has the cores alone."""
    for attempt in range(1, ATTEMPTS + 1):
        for trial in pair:
            trial.services.begin()
            trial.meter.begin()
        results = session.run_load(load_spec(benchmark, 0, 0))
        costs = [trial.meter.end() for trial in pair]
        alive = all(trial.running.is_alive() for trial in pair)
        windows = map(partial(window_of, index), results, costs)
        if attempt == ATTEMPTS or not alive or not any(map(is_void, windows)):
            break
        for trial in pair:
            trial.meter.forget()
    # Both halves of the generator have the same CPUs: what one uses, the other cannot.
    generator_cpu_s = sum(result.generator_cpu_s for result in results)
    for trial, result in zip(pair, results, strict=True):
        trial.services.end()
        trial.failed = failure_under_load(trial.running, result)
    if any(trial.failed for trial in pair):
        return
    for trial, result, cost in zip(pair, results, costs, strict=True):
        shared = replace(result, generator_cpu_s=generator_cpu_s)
        trial.windows.append(window_of(index, shared, cost))


def _outcome(active_trial: ActiveTrial, *, equal: bool) -> Outcome:
    if active_trial.failed is None and not active_trial.windows:
        why = "had nobody to be loaded together with: the others failed"
        active_trial.failed = StackFailed("measure", why, active_trial.running.log_tail())
    outcome = outcome_of(active_trial)
    if isinstance(outcome, Measurement):
        return replace(outcome, equal_shares=equal)
    return outcome
