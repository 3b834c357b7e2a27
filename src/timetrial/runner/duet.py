"""A duet: two stacks are loaded at once, so that what disturbs one disturbs the other as well."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from timetrial.drivers.driver import DuetSession
from timetrial.model.errors import StackFailed
from timetrial.model.measurement import Measurement
from timetrial.model.plan import PlannedBenchmark
from timetrial.model.suite import Benchmark
from timetrial.runner.benchmark import (
    ActiveTrial,
    OnWindow,
    Outcome,
    outcome_of,
    trouble,
    window_of,
)
from timetrial.runner.driver_inputs import drive, setting
from timetrial.runner.run_context import RunContext


def run_duet(
    benchmark: Benchmark,
    planned: PlannedBenchmark,
    active_trials: Mapping[str, ActiveTrial],
    context: RunContext,
    on_window: OnWindow,
) -> list[Outcome]:
    """Measure the benchmark pair by pair; who loses a partner goes on with others, if there are."""
    trees = [each.running.processes() for each in active_trials.values()]
    with context.share_evenly(benchmark.name, trees) as equal:
        for names, turns in itertools.groupby(enumerate(planned.duets()), lambda turn: turn[1]):
            pair = [active_trials[name] for name in names if name in active_trials]
            if len(pair) == len(names) and not any(each.failed for each in pair):
                _hold_pair(benchmark, pair, [index for index, _ in turns], context, on_window)
    return [_outcome(each, equal=equal) for each in active_trials.values()]


def _hold_pair(
    benchmark: Benchmark,
    pair: Sequence[ActiveTrial],
    indices: Sequence[int],
    context: RunContext,
    on_window: OnWindow,
) -> None:
    one, other = pair
    shape = setting(benchmark, context.generator_cpus)
    with context.driver.open_duet((one.target, other.target), shape) as session:
        for index in indices:
            _take_turn(session, benchmark, pair, index)
            context.services.require_alive()
            if any(each.failed for each in pair):
                return
            for each in pair:
                on_window(each.trial.cell, each.windows[-1])


def _take_turn(
    session: DuetSession, benchmark: Benchmark, pair: Sequence[ActiveTrial], index: int
) -> None:
    """Keep the window of both, or of none: without its partner a stack has the cores alone."""
    for each in pair:
        each.services.begin()
        each.meter.begin()
    results = session.drive(drive(benchmark, 0, 0))
    costs = [each.meter.end() for each in pair]
    # Both halves of the generator have the same CPUs: what one uses, the other cannot.
    generator_cpu_s = sum(result.generator_cpu_s for result in results)
    for each, result in zip(pair, results, strict=True):
        each.services.end()
        each.failed = trouble(each.running, result)
    if any(each.failed for each in pair):
        return
    for each, result, cost in zip(pair, results, costs, strict=True):
        shared = replace(result, generator_cpu_s=generator_cpu_s)
        each.windows.append(window_of(index, shared, cost))


def _outcome(active_trial: ActiveTrial, *, equal: bool) -> Outcome:
    if active_trial.failed is None and not active_trial.windows:
        why = "had nobody to be loaded together with: the others failed"
        active_trial.failed = StackFailed("measure", why, active_trial.running.log_tail())
    outcome = outcome_of(active_trial)
    if isinstance(outcome, Measurement):
        return replace(outcome, equal_shares=equal)
    return outcome
