"""Measures the pending trials of a run: round by round until its stop rule is met, or, with only
the stacks of one benchmark up at once, benchmark by benchmark until the time is over.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from timetrial.analysis.provisional_ranking import (
    provisional_ranking,
    ranked_benchmark,
    standings,
)
from timetrial.analysis.racing import leaving
from timetrial.analysis.stopping import (
    InterimComparisons,
    expected_rounds,
    interim_comparisons,
    share_of_stacks_left,
    stops,
)
from timetrial.model import (
    BenchmarkOutline,
    BenchmarkStopped,
    Cell,
    ClosedLoad,
    Precision,
    ProvisionalRanking,
    Round,
    RoundMeasured,
    Run,
    RunEnded,
    RunStarted,
    SoundRounds,
    StackDropped,
    StopDecision,
    Suite,
    Watch,
    Window,
    WindowMeasured,
)
from timetrial.runner.config_probe import probe_configs
from timetrial.runner.eta import Pace, expected_round_s
from timetrial.runner.round import RoundOfTrials, runnable_cells
from timetrial.runner.run_context import RunContext

LATE = "its time was up"
TooLate = Callable[[float], bool]
"""Takes how long the next benchmark took in the round before, in seconds; 0 in the first round."""


def execute(number: int, context: RunContext) -> Run:
    """Measure all pending trials of a stored run, round by round, until its stop rule is met.

    Each trial is stored as soon as it is complete: an interrupt loses the present benchmark and
    nothing else, and another call goes on from there.
    """
    forecast = _forecast(context, number)
    round_s = expected_round_s(forecast.run.plan.suite)
    pace = Pace(round_s, forecast.rounds_left(round_s))
    began_s = context.clock.now_s()
    trials = forecast.trials(round_s) - forecast.trials_done
    context.observer(_started(forecast.run, pace, trials))
    complete = False
    try:
        probe_configs(forecast.run, context)
        while (round_ := _next_round(forecast.run)) is not None:
            current = _CurrentRound(context, round_, began_s, pace)
            current.measure(forecast.run, forecast.trials(pace.round_s))
            before, forecast = forecast, _forecast(context, number)
            pace = pace.after_round(current.took_s())
            if forecast.run.dropped != before.run.dropped:
                pace = pace.with_fewer_stacks(share_of_stacks_left(before.run, forecast.run))
            left = forecast.rounds_left(pace.round_s)
            pace = dataclasses.replace(pace, rounds=pace.rounds_done + left)
            context.observer(_measured(forecast, round_, pace))
            if rates := provisional_ranking(forecast.run):
                context.observer(ProvisionalRanking(round_.number, rates))
        complete = True
    finally:
        context.observer(RunEnded(number, complete))
    return forecast.run


@dataclass(frozen=True, slots=True)
class _Forecast:
    """A run so far, and the rounds and trials that are still expected."""

    run: Run
    now: InterimComparisons

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


def _forecast(context: RunContext, number: int) -> _Forecast:
    """Load the run, and store what its stop rule decides, and who leaves a race."""
    run = context.store.load(number)
    now = interim_comparisons(run)
    decided = stops(run, now)
    for stop in decided:
        context.store.add_stop(number, stop)
        # That a benchmark has the rounds that it was to have is no news.
        if not isinstance(run.plan.suite.stop_rule, SoundRounds):
            context.observer(BenchmarkStopped(stop))
    run = context.store.load(number) if decided else run
    dropped = leaving(run)
    for left in dropped:
        context.store.add_dropped(number, left)
    for name, after_round in {left.stack: left.after_round for left in dropped}.items():
        context.observer(StackDropped(name, after_round))
    return _Forecast(context.store.load(number) if dropped else run, now)


def _next_round(run: Run) -> Round | None:
    pending = {trial.round for trial in run.pending()}
    return next((round_ for round_ in run.plan.rounds if round_.number in pending), None)


def _measured(forecast: _Forecast, round_: Round, pace: Pace) -> RoundMeasured:
    benchmark, widest = "", None
    if isinstance(forecast.run.plan.suite.stop_rule, Precision | Watch):
        benchmark, widest = forecast.now.widest() or ("", None)
    run, left = forecast.run, max(0, pace.rounds - pace.rounds_done)
    rounds, remaining_s = round_.number + left, left * pace.round_s
    if isinstance(run.plan.suite.stop_rule, Watch):
        rounds, remaining_s = 0, 0.0
    return RoundMeasured(
        round_.number, rounds, benchmark, widest, remaining_s, standings=standings(run)
    )


def _started(run: Run, pace: Pace, trials: int) -> RunStarted:
    suite = run.plan.suite
    outlines = tuple(
        BenchmarkOutline(
            benchmark.name,
            tuple(name for name in benchmark.stacks if not suite.stack(name).control_of),
            ranks=isinstance(benchmark.load, ClosedLoad),
        )
        for benchmark in suite.benchmarks
    )
    first = _next_round(run)
    before = first.number - 1 if first is not None else run.rounds_due()
    rounds, expected_s = before + pace.rounds, pace.round_s * pace.rounds
    if isinstance(suite.stop_rule, Watch):
        rounds, expected_s = 0, 0.0
    return RunStarted(run.number, rounds, trials, expected_s, outlines)


def measure_in_groups(number: int, context: RunContext, too_late: TooLate) -> Run:
    """Measure a stored run, round by round, until all is done or it is too late.

    In a round the benchmarks follow each other, and each starts its own stacks afresh: a stack of
    several benchmarks is started for each of them. `too_late` is called before each benchmark. Once
    it returns True, all benchmarks are stopped, so that the run is complete as it is.
    """
    run = context.store.load(number)
    round_s, total = expected_round_s(run.plan.suite), len(run.due())
    pace = Pace(round_s, len(run.plan.rounds))
    complete, took_s = False, dict[str, float]()
    context.observer(_started(run, pace, total))
    try:
        probe_configs(run, context)
        began_s = context.clock.now_s()
        for round_ in run.plan.rounds:
            current = _CurrentRound(context, round_, began_s, pace)
            for planned in round_.benchmarks:
                if too_late(took_s.get(planned.benchmark, 0.0)):
                    _stop(number, context)
                    complete = True
                    return context.store.load(number)
                benchmark_began_s = context.clock.now_s()
                current.measure(context.store.load(number), total, planned.benchmark)
                took_s[planned.benchmark] = context.clock.now_s() - benchmark_began_s
            pace = pace.after_round(current.took_s())
            left = pace.rounds - pace.rounds_done
            context.observer(
                RoundMeasured(
                    round_.number,
                    pace.rounds,
                    "",
                    None,
                    left * pace.round_s,
                    standings=standings(context.store.load(number)),
                )
            )
        complete = True
    finally:
        context.observer(RunEnded(number, complete))
    return context.store.load(number)


def _stop(number: int, context: RunContext) -> None:
    run = context.store.load(number)
    for benchmark in run.plan.suite.benchmarks:
        stop = StopDecision(benchmark.name, run.rounds_done(benchmark.name), LATE)
        if stop.after_round < run.rounds_due(benchmark.name):
            context.store.add_stop(number, stop)
            context.observer(BenchmarkStopped(stop))


class _CurrentRound:
    """Measures trials of a round, and reports each window and the time left to the observer."""

    def __init__(self, context: RunContext, round_: Round, began_s: float, pace: Pace) -> None:
        self._context = context
        self._round = round_
        self._began_s = began_s
        self._round_began_s = context.clock.now_s()
        self._pace = pace
        self._first_windows = _FirstWindows(context, round_.number)

    def took_s(self) -> float:
        return self._context.clock.now_s() - self._round_began_s

    def measure(self, run: Run, total: int, benchmark: str | None = None) -> None:
        """Measure the pending trials of the round, in one benchmark or in all.

        `total` is the number of trials that the run is expected to have.
        """
        due = [
            trial
            for trial in run.pending()
            if trial.round == self._round.number and benchmark in {None, trial.cell.benchmark}
        ]
        self._first_windows.suite = run.plan.suite
        cells = runnable_cells(run, due, self._context)
        RoundOfTrials(run, self._round, cells, self._context, total).measure(self._window_measured)

    def _window_measured(self, cell: Cell, window: Window) -> None:
        self._context.observer(
            WindowMeasured(
                self._round.number,
                cell,
                completions_per_s=window.completions / window.length_s,
                elapsed_s=self._context.clock.now_s() - self._began_s,
                remaining_s=self._pace.remaining_s(self.took_s()),
            )
        )
        if not self._pace.rounds_done:
            self._first_windows.add(cell, window)


class _FirstWindows:
    """Tells how the servers of a race stand as soon as each has one window: in its first round,
    or in its pilot.
    """

    def __init__(self, context: RunContext, round_: int) -> None:
        self._observer = context.observer
        self._round = round_
        self._rates: dict[str, float] = {}
        """Requests a second by stack."""
        self._is_told = False
        self.suite: Suite | None = None

    def add(self, cell: Cell, window: Window) -> None:
        """Take a window; the first that is the second of its stack follows one of each."""
        ranked = self.suite and ranked_benchmark(self.suite)
        if self.suite is None or ranked is None or ranked.name != cell.benchmark or self._is_told:
            return
        if self.suite.stack(cell.stack).control_of:
            return
        if cell.stack in self._rates:
            self._is_told = True
            rates = tuple(sorted(self._rates.items(), key=lambda pair: -pair[1]))
            self._observer(ProvisionalRanking(self._round, rates, windows=1))
        self._rates[cell.stack] = window.completions / window.length_s
