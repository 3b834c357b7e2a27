"""Benchmarks in which apps wait for long: their stacks hardly work, so they are loaded together."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from timetrial.drivers.driver import OnProgress, Progress
from timetrial.model.plan import PlannedBenchmark
from timetrial.model.suite import Benchmark
from timetrial.runner.benchmark import (
    ActiveTrial,
    OnWindow,
    Outcome,
    outcome_of,
    take_turn,
    telling,
)
from timetrial.runner.driver_inputs import drive, setting
from timetrial.runner.run_context import RunContext
from timetrial.stacks.services.services import ServiceMeter


@dataclass(frozen=True, slots=True)
class _ConcurrentDrive:
    """What the threads share, of which each drives one stack."""

    benchmark: Benchmark
    context: RunContext
    over: threading.Event = field(default_factory=threading.Event)
    """Set when everybody has to stop at once."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Who tells the observer something."""


def run_concurrently(
    benchmark: Benchmark,
    planned: PlannedBenchmark,
    active_trials: Mapping[str, ActiveTrial],
    context: RunContext,
    on_window: OnWindow,
) -> list[Outcome]:
    """Measure the benchmark, each stack by a session of its own.

    They begin in the planned order, a share of the wait apart, so that the moments at which all
    connections of a stack are answered lie between those of the others. What services do cannot
    be told by stack then, and is not recorded.
    """
    concurrent = _ConcurrentDrive(benchmark, context)
    order = [name for name in dict.fromkeys(planned.turns) if name in active_trials]
    apart_s = benchmark.workload.wait_s / len(order)
    with ThreadPoolExecutor(len(order)) as pool:
        turns = [
            pool.submit(
                _take_turns, concurrent, active_trials[name], _turns_of(name, planned), i * apart_s
            )
            for i, name in enumerate(order)
        ]
        try:
            for turn in turns:
                turn.result()
        finally:
            concurrent.over.set()
    context.services.require_alive()
    _share_generator(list(active_trials.values()))
    for active_trial in active_trials.values():
        for window in active_trial.windows:
            on_window(active_trial.trial.cell, window)
    return [outcome_of(active_trial) for active_trial in active_trials.values()]


def _share_generator(active_trials: Sequence[ActiveTrial]) -> None:
    """Give every window what all sessions took meanwhile: what one uses, the others cannot.

    Windows begin a share of the wait apart, so those with the same place in their stack's turns
    stand for what overlaps.
    """
    together = list(itertools.zip_longest(*(each.windows for each in active_trials)))
    used_s = [sum(w.generator_cpu_s for w in windows if w is not None) for windows in together]
    for each in active_trials:
        each.windows = [
            replace(window, generator_cpu_s=all_s)
            for window, all_s in zip(each.windows, used_s, strict=False)
        ]


def _turns_of(name: str, planned: PlannedBenchmark) -> Sequence[tuple[int, int]]:
    """List a stack's turns: place in the plan, seed."""
    return [(i, planned.seed_of(i)) for i, each in enumerate(planned.turns) if each == name]


def _take_turns(
    concurrent: _ConcurrentDrive,
    active_trial: ActiveTrial,
    turns: Sequence[tuple[int, int]],
    after_s: float,
) -> None:
    active_trial.services = ServiceMeter(())
    if concurrent.over.wait(after_s):
        return
    shape = setting(concurrent.benchmark, concurrent.context.generator_cpus)
    with concurrent.context.driver_of(concurrent.benchmark).open(
        [active_trial.target], shape
    ) as session:
        for index, seed in turns:
            if active_trial.failed is None and not concurrent.over.is_set():
                tell = _telling(concurrent, active_trial)
                take_turn(session, drive(concurrent.benchmark, 0, seed), active_trial, index, tell)


def _telling(concurrent: _ConcurrentDrive, active_trial: ActiveTrial) -> OnProgress:
    tell = telling(concurrent.context, active_trial.trial)

    def tell_in_turn(progress: Progress) -> None:
        if concurrent.over.is_set():
            # As in the main thread: a session that is driven is cancelled by this.
            raise KeyboardInterrupt
        with concurrent.lock:
            tell(progress)

    return tell_in_turn
