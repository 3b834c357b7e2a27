"""Measures a run benchmark by benchmark, so that only the stacks of one are up at once."""

from __future__ import annotations

from collections.abc import Callable

from timetrial.model.events import (
    BenchmarkStopped,
    RunEnded,
    RunStarted,
    WindowMeasured,
)
from timetrial.model.measurement import Window
from timetrial.model.plan import Round
from timetrial.model.run import Run
from timetrial.model.stop_decision import StopDecision
from timetrial.model.trial import Cell
from timetrial.runner.benchmark import OnWindow
from timetrial.runner.config_probe import look_at_stacks
from timetrial.runner.eta import Pace, expected_round_s
from timetrial.runner.round import RoundOfTrials, runnable_cells
from timetrial.runner.run_context import RunContext

LATE = "the time for it was over"
TooLate = Callable[[float], bool]
"""Told how long the next benchmark took in the round before, in seconds; 0 in the first one."""


def measure_in_groups(number: int, bench: RunContext, too_late: TooLate) -> Run:
    """Measure a stored run, round by round, until all is done or it is too late.

    In a round the benchmarks follow each other, and each starts its own stacks afresh: a stack of
    several benchmarks is started for each of them. `too_late` is asked before each benchmark; what
    is not measured then is stopped, so that the run is complete as it is.
    """
    run = bench.store.load(number)
    round_s = expected_round_s(run.plan.suite)
    pace = Pace(round_s, len(run.plan.rounds))
    complete, took_s = False, dict[str, float]()
    bench.observer(RunStarted(number, pace.rounds, len(run.due()), round_s * pace.rounds))
    try:
        look_at_stacks(run, bench)
        for round_ in run.plan.rounds:
            began_s = bench.clock.now_s()
            for planned in round_.benchmarks:
                if too_late(took_s.get(planned.benchmark, 0.0)):
                    _stop(number, bench)
                    complete = True
                    return bench.store.load(number)
                benchmark_began_s = bench.clock.now_s()
                tell = _telling(bench, round_, pace, began_s)
                _measure(bench.store.load(number), planned.benchmark, round_, bench, tell)
                took_s[planned.benchmark] = bench.clock.now_s() - benchmark_began_s
            pace = pace.after_round(bench.clock.now_s() - began_s)
        complete = True
    finally:
        bench.observer(RunEnded(number, complete))
    return bench.store.load(number)


def _measure(run: Run, benchmark: str, round_: Round, bench: RunContext, tell: OnWindow) -> None:
    here = (round_.number, benchmark)
    due = [each for each in run.pending() if (each.round, each.cell.benchmark) == here]
    cells = runnable_cells(run, due, bench)
    RoundOfTrials(run, round_, cells, bench, len(run.due())).measure(tell)


def _stop(number: int, bench: RunContext) -> None:
    run = bench.store.load(number)
    for benchmark in run.plan.suite.benchmarks:
        stop = StopDecision(benchmark.name, run.rounds_done(benchmark.name), LATE)
        if stop.after_round < run.rounds_due(benchmark.name):
            bench.store.add_stop(number, stop)
            bench.observer(BenchmarkStopped(stop))


def _telling(bench: RunContext, round_: Round, pace: Pace, began_s: float) -> OnWindow:
    def tell(cell: Cell, window: Window) -> None:
        in_round_s = bench.clock.now_s() - began_s
        bench.observer(
            WindowMeasured(
                round_.number,
                cell,
                completions_per_s=window.completions / window.length_s,
                elapsed_s=pace.rounds_done_s + in_round_s,
                remaining_s=pace.remaining_s(in_round_s),
            )
        )

    return tell
