"""Measures what a run still lacks, until its goal is reached."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from timetrial.analysis.stopping import Present, expected_rounds, present, stops
from timetrial.model.events import (
    BenchmarkStopped,
    RoundMeasured,
    RunEnded,
    RunStarted,
    WindowMeasured,
)
from timetrial.model.measurement import Window
from timetrial.model.plan import Round
from timetrial.model.run import Run
from timetrial.model.trial import Cell
from timetrial.runner.config_probe import look_at_stacks
from timetrial.runner.eta import Pace, expected_round_s
from timetrial.runner.round import RoundOfTrials, runnable_cells
from timetrial.runner.run_context import RunContext


def execute(number: int, bench: RunContext) -> Run:
    """Measure all pending trials of a stored run, round by round, until its goal is reached.

    Everything is stored the moment it exists: an interrupt loses the benchmark that is under way
    and nothing else, and another call goes on from there.
    """
    forecast = _look(bench, number)
    round_s = expected_round_s(forecast.run.plan.suite)
    pace = Pace(round_s, forecast.rounds_left(round_s))
    began_s = bench.clock.now_s()
    trials = forecast.trials(round_s) - forecast.trials_done
    bench.observer(RunStarted(number, pace.rounds, trials, round_s * pace.rounds))
    complete = False
    try:
        look_at_stacks(forecast.run, bench)
        while (round_ := _next_round(forecast.run)) is not None:
            round_began_s = bench.clock.now_s()
            clock = _Clock(bench, round_.number, began_s, pace)
            total = forecast.trials(pace.round_s)
            _measure_round(bench, forecast.run, round_, clock, total)
            forecast = _look(bench, number)
            pace = pace.after_round(bench.clock.now_s() - round_began_s)
            left = forecast.rounds_left(pace.round_s)
            pace = dataclasses.replace(pace, rounds=pace.rounds_done + left)
            bench.observer(_measured(forecast, round_, pace))
        complete = True
    finally:
        bench.observer(RunEnded(number, complete))
    return forecast.run


@dataclass(frozen=True, slots=True)
class _Forecast:
    """A run as far as it got, and how far it will go."""

    run: Run
    now: Present

    @property
    def trials_done(self) -> int:
        return len(self.run.due()) - len(self.run.pending())

    def trials(self, round_s: float) -> int:
        last = expected_rounds(self.run, self.now, round_s)
        return sum(trial.round <= last[trial.cell.benchmark] for trial in self.run.due())

    def rounds_left(self, round_s: float) -> int:
        last = expected_rounds(self.run, self.now, round_s)
        pending = self.run.pending()
        return len({t.round for t in pending if t.round <= last[t.cell.benchmark]})


def _look(bench: RunContext, number: int) -> _Forecast:
    """Load the run, and keep what its goal decides."""
    run = bench.store.load(number)
    now = present(run)
    decided = stops(run, now)
    for stop in decided:
        bench.store.add_stop(number, stop)
        bench.observer(BenchmarkStopped(stop))
    return _Forecast(bench.store.load(number) if decided else run, now)


def _next_round(run: Run) -> Round | None:
    pending = {trial.round for trial in run.pending()}
    return next((round_ for round_ in run.plan.rounds if round_.number in pending), None)


def _measured(forecast: _Forecast, round_: Round, pace: Pace) -> RoundMeasured:
    benchmark, widest = forecast.now.widest() or ("", None)
    remaining_s = max(0, pace.rounds - pace.rounds_done) * pace.round_s
    rounds = round_.number + pace.rounds - pace.rounds_done
    return RoundMeasured(round_.number, rounds, benchmark, widest, remaining_s)


def _measure_round(bench: RunContext, run: Run, round_: Round, clock: _Clock, total: int) -> None:
    due = [trial for trial in run.pending() if trial.round == round_.number]
    cells = runnable_cells(run, due, bench)
    RoundOfTrials(run, round_, cells, bench, total).measure(clock.window_measured)


class _Clock:
    """Tells the observer of each window, and how long the rest will take."""

    def __init__(self, bench: RunContext, round_: int, began_s: float, pace: Pace) -> None:
        self._bench = bench
        self._round = round_
        self._began_s = began_s
        self._round_began_s = bench.clock.now_s()
        self._pace = pace

    def window_measured(self, cell: Cell, window: Window) -> None:
        now_s = self._bench.clock.now_s()
        self._bench.observer(
            WindowMeasured(
                self._round,
                cell,
                completions_per_s=window.completions / window.length_s,
                elapsed_s=now_s - self._began_s,
                remaining_s=self._pace.remaining_s(now_s - self._round_began_s),
            )
        )
