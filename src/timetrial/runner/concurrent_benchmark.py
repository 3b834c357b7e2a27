"""Benchmarks in which apps wait for long: their stacks hardly work, so they are loaded together."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from timetrial.drivers.driver import OnProgress, Progress
from timetrial.runner.benchmark import (
    ActiveTrial,
    BenchmarkTask,
    Outcome,
    outcome_of,
    progress_reporter,
    take_turn,
)
from timetrial.runner.driver_inputs import load_spec
from timetrial.stacks.services.services import ServiceMeter


@dataclass(frozen=True, slots=True)
class _ConcurrentTask:
    """What the threads share, of which each drives one stack."""

    task: BenchmarkTask
    over: threading.Event = field(default_factory=threading.Event)
    """Set when all threads have to stop at once."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while a thread calls the observer."""


def run_concurrently(task: BenchmarkTask) -> list[Outcome]:
    """Measure the benchmark, each stack by a session of its own.

    The stacks begin in the planned order, a share of the wait apart, so that the moments at which
    all connections of a stack are answered lie between those of the others. What services use
    cannot be split by stack then, and is not recorded.
    """
    concurrent, trials = _ConcurrentTask(task), task.trials
    order = [name for name in dict.fromkeys(task.planned.turns) if name in trials]
    apart_s = task.benchmark.workload.wait_s / len(order)
    with ThreadPoolExecutor(len(order)) as pool:
        threads = [
            pool.submit(_take_turns, concurrent, trials[name], number * apart_s)
            for number, name in enumerate(order)
        ]
        try:
            for thread in threads:
                thread.result()
        finally:
            concurrent.over.set()
    task.context.services.require_alive()
    _share_generator(trials.values())
    for active_trial in trials.values():
        for window in active_trial.windows:
            task.on_window(active_trial.trial.cell, window)
    return [outcome_of(active_trial) for active_trial in trials.values()]


def _share_generator(active_trials: Collection[ActiveTrial]) -> None:
    """Give every window the CPU time of all sessions: what one uses, the others cannot.

    Windows begin a share of the wait apart, so those with the same place in their stack's turns
    stand for what overlaps.
    """
    together = itertools.zip_longest(*(trial.windows for trial in active_trials))
    used_s = [sum(w.generator_cpu_s for w in windows if w is not None) for windows in together]
    for active_trial in active_trials:
        active_trial.windows = [
            replace(window, generator_cpu_s=all_s)
            for window, all_s in zip(active_trial.windows, used_s, strict=False)
        ]


def _take_turns(concurrent: _ConcurrentTask, active_trial: ActiveTrial, after_s: float) -> None:
    active_trial.services = ServiceMeter(())
    if concurrent.over.wait(after_s):
        return
    task = concurrent.task
    driver = task.context.driver_of(task.benchmark)
    with driver.open([active_trial.target], task.session_config) as session:
        for index, seed in _turns(active_trial, task):
            if active_trial.failed is None and not concurrent.over.is_set():
                turn = load_spec(task.benchmark, 0, seed)
                take_turn(session, turn, active_trial, index, _reporter(concurrent, active_trial))


def _turns(active_trial: ActiveTrial, task: BenchmarkTask) -> Sequence[tuple[int, int]]:
    """List a stack's turns: place in the plan, seed."""
    planned, stack = task.planned, active_trial.trial.cell.stack
    return [
        (index, planned.seed_of(index)) for index, name in enumerate(planned.turns) if name == stack
    ]


def _reporter(concurrent: _ConcurrentTask, active_trial: ActiveTrial) -> OnProgress:
    report = progress_reporter(concurrent.task.context, active_trial.trial)

    def report_in_turn(progress: Progress) -> None:
        if concurrent.over.is_set():
            # As in the main thread: a session that is driven is cancelled by this.
            raise KeyboardInterrupt
        with concurrent.lock:
            report(progress)

    return report_in_turn
