"""One round: all stacks started afresh, warmed up, measured in every benchmark, and stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from timetrial.model.errors import StackFailed
from timetrial.model.events import (
    StackFailedToServe,
    StackReady,
    StackStarting,
    TrialStored,
    WarmingUp,
)
from timetrial.model.measurement import Failure, StackLife, WarmUpSeries
from timetrial.model.plan import PlannedBenchmark, Round
from timetrial.model.run import Run
from timetrial.model.suite import Benchmark, Stack
from timetrial.model.trial import Cell, Trial
from timetrial.model.units import seconds
from timetrial.model.workload import is_long_wait
from timetrial.runner.benchmark import (
    ActiveTrial,
    OnWindow,
    Outcome,
    failure,
    open_trials,
    run_benchmark,
)
from timetrial.runner.concurrent_benchmark import run_concurrently
from timetrial.runner.driver_inputs import target
from timetrial.runner.duet import hold_duet
from timetrial.runner.known_failures import declared, failed_before_measurement
from timetrial.runner.run_context import RunContext
from timetrial.runner.starter import LiveStack
from timetrial.runner.warm_up import WarmUpMeans, warm_up
from timetrial.stacks.process import Stopped
from timetrial.stacks.sampler import CpuMeter

Hold = Callable[
    [Benchmark, PlannedBenchmark, Mapping[str, ActiveTrial], RunContext, OnWindow],
    Sequence[Outcome],
]


def runnable_cells(run: Run, due: Iterable[Trial], bench: RunContext) -> set[Cell]:
    """Choose what is not known to fail; what is known to is stored as a failure right away."""
    hopeless = {**failed_before_measurement(run), **bench.not_installed}
    cells: set[Cell] = set()
    for trial in due:
        known = declared(run.plan.suite, trial.cell) or hopeless.get(trial.cell.stack)
        if known is None:
            cells.add(trial.cell)
            continue
        failed = failure(trial, known)
        bench.store.add_failure(run.number, failed)
        bench.observer(StackFailedToServe(failed))
    return cells


class RoundOfTrials:
    """Measures the given cells in one round and stores what they give, trial by trial."""

    def __init__(
        self, run: Run, round_: Round, cells: Iterable[Cell], bench: RunContext, total: int
    ) -> None:
        self._run = run.number
        self._suite = run.plan.suite
        self._round = round_
        self._cells = frozenset(cells)
        self._bench = bench
        self._done = len(run.measurements)
        self._total = total
        self._running: dict[str, LiveStack] = {}
        self._warmed: dict[str, tuple[WarmUpSeries, ...]] = {}
        self._means = WarmUpMeans(
            self._suite.warm_up, bench.driver, bench.generator_cpus, bench.clock
        )

    def measure(self, on_window: OnWindow) -> None:
        """Measure; nothing runs any more when it returns."""
        wanted = {cell.stack for cell in self._cells}
        try:
            for name in self._round.starts:
                if name in wanted:
                    self._start(self._suite.stack(name))
            problems = self._check_slow_benchmarks()
            for name in list(self._running):
                self._check(self._suite.stack(name), problems)
            for name in list(self._running):
                self._warm_up(self._suite.stack(name))
            for planned in self._round.benchmarks:
                self._hold(planned, on_window)
        finally:
            self._stop_all()

    def _start(self, stack: Stack) -> None:
        self._bench.observer(StackStarting(self._round.number, stack.name))
        try:
            running = self._bench.start(stack, self._round.number)
        except StackFailed as failed:
            self._fail(stack.name, failed)
            return
        self._running[stack.name] = running
        startup_s = seconds(running.ready_ns - running.started_ns)
        self._bench.observer(StackReady(self._round.number, stack.name, startup_s))

    def _check_slow_benchmarks(self) -> Mapping[Cell, StackFailed | None]:
        """Check those benchmarks in which apps wait for long, of all stacks at once."""
        cells = [
            cell
            for name in self._running
            for cell in self._cells_of(name)
            if is_long_wait(self._suite.benchmark(cell.benchmark).workload)
        ]
        if not cells:
            return {}
        with ThreadPoolExecutor(len(cells)) as pool:
            return dict(zip(cells, pool.map(self._problem, cells), strict=True))

    def _problem(self, cell: Cell) -> StackFailed | None:
        stack, benchmark = self._suite.stack(cell.stack), self._suite.benchmark(cell.benchmark)
        try:
            self._bench.check(self._running[cell.stack], stack, benchmark)
        except StackFailed as failed:
            return failed
        return None

    def _check(self, stack: Stack, known: Mapping[Cell, StackFailed | None]) -> None:
        """Take out the benchmarks that the stack cannot do, and start it afresh for the others."""
        for cell in tuple(self._cells_of(stack.name)):
            if stack.name not in self._running:
                return
            failed = known[cell] if cell in known else self._problem(cell)
            if failed is not None:
                self._store_failure(failure(Trial(self._round.number, cell), failed))
                self._cells -= {cell}
                # What it could not do may have left it in any state.
                self._renew(stack)

    def _warm_up(self, stack: Stack) -> None:
        self._bench.observer(WarmingUp(self._round.number, stack.name))
        running = self._running[stack.name]
        benchmarks = [self._suite.benchmark(cell.benchmark) for cell in self._cells_of(stack.name)]
        parts = [(benchmark, target(running, stack, benchmark)) for benchmark in benchmarks]
        try:
            self._warmed[stack.name] = warm_up(parts, self._means, CpuMeter(running))
        except StackFailed as failed:
            failed.log_tail = running.log_tail()
            self._fail(stack.name, failed)
            self._stop({stack.name: self._running.pop(stack.name)})

    def _hold(self, planned: PlannedBenchmark, on_window: OnWindow) -> None:
        benchmark = self._suite.benchmark(planned.benchmark)
        here = {cell.stack for cell in self._cells if cell.benchmark == planned.benchmark}
        running = {name: stack for name, stack in self._running.items() if name in here}
        if not running:
            return
        active_trials = open_trials(
            self._suite, self._round.number, benchmark, running, self._bench
        )
        outcomes = _way(benchmark)(benchmark, planned, active_trials, self._bench, on_window)
        self._cells = frozenset(c for c in self._cells if c.benchmark != planned.benchmark)
        for outcome in outcomes:
            if isinstance(outcome, Failure):
                self._store_failure(outcome)
            elif (failed := self._problem_afterwards(outcome.trial.cell)) is not None:
                self._store_failure(failure(outcome.trial, failed))
                self._renew_warm(self._suite.stack(outcome.trial.cell.stack))
            else:
                self._bench.store.add_trial(self._run, outcome)
                self._done += 1
                self._bench.observer(TrialStored(outcome, self._done, self._total))

    def _problem_afterwards(self, cell: Cell) -> StackFailed | None:
        stack, benchmark = self._suite.stack(cell.stack), self._suite.benchmark(cell.benchmark)
        try:
            self._bench.check_again(self._running[cell.stack], stack, benchmark)
        except StackFailed as failed:
            return failed
        return None

    def _renew_warm(self, stack: Stack) -> None:
        self._renew(stack)
        if stack.name in self._running:
            self._warm_up(stack)

    def _renew(self, stack: Stack) -> None:
        """Start a stack afresh for the benchmarks that are left."""
        self._stop({stack.name: self._running.pop(stack.name)})
        if any(self._cells_of(stack.name)):
            self._start(stack)

    def _cells_of(self, stack: str) -> Iterator[Cell]:
        """List the cells of a stack, in the order of their benchmarks."""
        cells = (Cell(planned.benchmark, stack) for planned in self._round.benchmarks)
        return (cell for cell in cells if cell in self._cells)

    def _fail(self, stack: str, failed: StackFailed) -> None:
        """Store a failure for each of the benchmarks in which the stack is now missing."""
        for cell in self._cells_of(stack):
            self._store_failure(failure(Trial(self._round.number, cell), failed))

    def _store_failure(self, failed: Failure) -> None:
        # A stack is not to blame for a service that is gone.
        self._bench.services.require_alive()
        self._bench.store.add_failure(self._run, failed)
        self._bench.observer(StackFailedToServe(failed))

    def _stop_all(self) -> None:
        self._stop(self._running)
        self._running = {}

    def _stop(self, running: Mapping[str, LiveStack]) -> None:
        if not running:
            return
        with ThreadPoolExecutor(len(running)) as pool:
            stopped = dict(zip(running, pool.map(_stop, running.values()), strict=True))
        for name, stack in running.items():
            warmed = self._warmed.pop(name, ())
            life = _life(self._round.number, name, stack, stopped[name], warmed)
            self._bench.store.add_life(self._run, life)


def _way(benchmark: Benchmark) -> Hold:
    if benchmark.mode == "duet":
        return hold_duet
    return run_concurrently if benchmark.together else run_benchmark


def _stop(running: LiveStack) -> Stopped:
    return running.stop()


def _life(
    round_: int, name: str, running: LiveStack, stopped: Stopped, warmed: tuple[WarmUpSeries, ...]
) -> StackLife:
    return StackLife(
        round=round_,
        stack=name,
        command=tuple(map(running.launch.without_passwords, running.launch.command)),
        started_ns=running.started_ns,
        ready_ns=running.ready_ns,
        stopped_ns=stopped.stopped_ns,
        processes=stopped.processes,
        stop_signal=stopped.stop_signal,
        exit_code=stopped.exit_code,
        warnings=stopped.warnings,
        warm_up=warmed,
    )
