"""Measures what a run still lacks."""

from __future__ import annotations

import time
from collections.abc import Iterator

from timetrial.errors import StackFailed
from timetrial.events import RunEnded, RunStarted, StackFailedToServe, WindowMeasured
from timetrial.measurement import Window
from timetrial.plan import Round
from timetrial.run import Run
from timetrial.runner.bench import Bench
from timetrial.runner.contest import failure
from timetrial.runner.look import look_at_stacks
from timetrial.runner.pace import Pace, expected_round_s
from timetrial.runner.round import RoundOfTrials
from timetrial.suite import Suite
from timetrial.trial import Cell


def execute(number: int, bench: Bench) -> Run:
    """Measure all pending trials of a stored run, round by round.

    Everything is stored the moment it exists: an interrupt loses the contest that is under way
    and nothing else, and another call goes on from there.
    """
    run = bench.store.load(number)
    rounds = list(_rounds_to_measure(run))
    pace = Pace(expected_round_s(run.plan.suite), len(rounds))
    began_s = time.monotonic()
    bench.observer(
        RunStarted(number, len(rounds), len(run.pending()), pace.expected_round_s * len(rounds))
    )
    complete = False
    try:
        look_at_stacks(run, bench)
        for round_ in rounds:
            round_began_s = time.monotonic()
            _measure_round(bench, number, round_, _Clock(bench, round_.number, began_s, pace))
            pace = pace.after_round(time.monotonic() - round_began_s)
        complete = True
    finally:
        bench.observer(RunEnded(number, complete))
    return bench.store.load(number)


def _rounds_to_measure(run: Run) -> Iterator[Round]:
    pending = {trial.round for trial in run.pending()}
    return (round_ for round_ in run.plan.rounds if round_.number in pending)


def _measure_round(bench: Bench, number: int, round_: Round, clock: _Clock) -> None:
    run = bench.store.load(number)
    hopeless = {**_retired(run), **bench.not_installed}
    cells: set[Cell] = set()
    for trial in (each for each in run.pending() if each.round == round_.number):
        known = _declared(run.plan.suite, trial.cell) or hopeless.get(trial.cell.stack)
        if known is None:
            cells.add(trial.cell)
            continue
        failed = failure(trial, known)
        bench.store.add_failure(number, failed)
        bench.observer(StackFailedToServe(failed))
    RoundOfTrials(run, round_, cells, bench).measure(clock.window_measured)


def _declared(suite: Suite, cell: Cell) -> StackFailed | None:
    fault = None if suite.try_broken else suite.known_fault(cell)
    return StackFailed("declared", fault.reason) if fault else None


def _retired(run: Run) -> dict[str, StackFailed]:
    """List the stacks that were tried and never got as far as being measured."""
    measured = {measurement.trial.cell.stack for measurement in run.measurements}
    return {
        failed.stack: StackFailed(failed.phase, failed.reason, failed.log_tail)
        for failed in run.failures
        if failed.stack not in measured and failed.phase not in ("measure", "declared")
    }


class _Clock:
    """Tells the observer of each window, and how long the rest will take."""

    def __init__(self, bench: Bench, round_: int, began_s: float, pace: Pace) -> None:
        self._bench = bench
        self._round = round_
        self._began_s = began_s
        self._round_began_s = time.monotonic()
        self._pace = pace

    def window_measured(self, cell: Cell, window: Window) -> None:
        now_s = time.monotonic()
        self._bench.observer(
            WindowMeasured(
                self._round,
                cell,
                completions_per_s=window.completions / window.length_s,
                elapsed_s=now_s - self._began_s,
                remaining_s=self._pace.remaining_s(now_s - self._round_began_s),
            )
        )
