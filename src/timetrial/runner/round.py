"""One round: all stacks started afresh, warmed up, measured in every benchmark, and stopped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from timetrial.model import (
    Benchmark,
    BenchmarkStarted,
    Cell,
    CommonStart,
    Failure,
    IdleConnections,
    PlannedBenchmark,
    Round,
    Run,
    Stack,
    StackFailed,
    StackFailedToServe,
    StackLife,
    StackReady,
    StackStarting,
    Trial,
    TrialStored,
    WarmingUp,
    WarmUpSeries,
    seconds,
)
from timetrial.model.workload import is_long_wait
from timetrial.runner.benchmark import (
    BenchmarkTask,
    OnWindow,
    Outcome,
    failure,
    open_trials,
    run_benchmark,
)
from timetrial.runner.concurrent_benchmark import run_concurrently
from timetrial.runner.driver_inputs import target
from timetrial.runner.duet import run_duet
from timetrial.runner.idle_benchmark import run_idle
from timetrial.runner.known_failures import declared, failed_before_measurement
from timetrial.runner.run_context import RunContext
from timetrial.runner.starter import BenchmarkCheck, LiveStack, or_ending
from timetrial.runner.warm_up import WarmUpMeans, warm_up
from timetrial.stacks.process import Stopped
from timetrial.stacks.sampler import CpuMeter


def runnable_cells(run: Run, due: Iterable[Trial], context: RunContext) -> set[Cell]:
    """Choose the cells that are not known to fail; store a failure for each of the others."""
    broken = {**failed_before_measurement(run), **context.not_installed}
    cells: set[Cell] = set()
    for trial in due:
        reason = declared(run.plan.suite, trial.cell) or broken.get(trial.cell.stack)
        if reason is None:
            cells.add(trial.cell)
            continue
        failed = failure(trial, reason, own_app=False)
        context.store.add_failure(run.number, failed)
        context.observer(StackFailedToServe(failed))
    return cells


class RoundOfTrials:
    """Measures the given cells in one round and stores what they give, trial by trial."""

    def __init__(
        self, run: Run, round_: Round, cells: Iterable[Cell], context: RunContext, total: int
    ) -> None:
        self._run = run.number
        self._suite = run.plan.suite
        self._round = round_
        self._cells = frozenset(cells)
        self._context = context
        self._done = len(run.measurements)
        self._total = total
        self._running: dict[str, LiveStack] = {}
        self._used: set[str] = set()
        """Stacks that were measured in a benchmark of this round."""
        self._warmed: dict[str, tuple[WarmUpSeries, ...]] = {}
        self._means = WarmUpMeans(
            self._suite.warm_up, context.driver, context.generator_cpus, context.clock
        )

    def measure(self, on_window: OnWindow) -> None:
        """Measure; all stacks are stopped when it returns or raises."""
        needed = {cell.stack for cell in self._cells}
        try:
            self._start_all([name for name in self._round.starts if name in needed])
            problems = self._check_slow_benchmarks()
            for name in list(self._running):
                self._check(self._suite.stack(name), problems)
            for name in list(self._running):
                self._warm_up(self._suite.stack(name))
            for planned in self._round.benchmarks:
                self._run_benchmark(planned, on_window)
        finally:
            self._stop(self._running)
            self._running = {}

    def _start_all(self, names: Sequence[str]) -> None:
        if self._context.starts_at_once == 1:
            for name in names:
                self._start(self._suite.stack(name))
            return
        with ThreadPoolExecutor(self._context.starts_at_once) as pool:
            starts = {name: pool.submit(self._start_one, name) for name in names}
            try:
                for name, start in starts.items():
                    self._started(name, start.result)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
                # After an interruption, those that are up have to be stopped as well.
                for name, start in starts.items():
                    if not start.cancelled() and start.exception() is None:
                        self._running[name] = start.result()

    def _start_one(self, name: str) -> LiveStack:
        return self._context.start(self._suite.stack(name), self._round.number)

    def _start(self, stack: Stack) -> None:
        self._started(stack.name, lambda: self._start_one(stack.name))

    def _started(self, name: str, start: Callable[[], LiveStack]) -> None:
        self._context.observer(StackStarting(self._round.number, name))
        try:
            running = start()
        except StackFailed as failed:
            self._fail(name, failed)
            return
        self._running[name] = running
        startup_s = seconds(running.ready_ns - running.started_ns)
        self._context.observer(StackReady(self._round.number, name, startup_s))

    def _check_slow_benchmarks(self) -> Mapping[Cell, StackFailed | None]:
        """Check the benchmarks in which apps wait for long, all stacks at once."""
        cells = [
            cell
            for name in self._running
            for cell in self._cells_of(name)
            if is_long_wait(self._suite.benchmark(cell.benchmark).workload)
        ]
        if not cells:
            return {}
        with ThreadPoolExecutor(len(cells)) as pool:
            problems = pool.map(lambda cell: self._problem(cell, self._context.check), cells)
            return dict(zip(cells, problems, strict=True))

    def _problem(self, cell: Cell, check: BenchmarkCheck) -> StackFailed | None:
        stack, benchmark = self._suite.stack(cell.stack), self._suite.benchmark(cell.benchmark)
        try:
            check(self._running[cell.stack], stack, benchmark)
        except StackFailed as failed:
            return failed
        return None

    def _check(self, stack: Stack, problems: Mapping[Cell, StackFailed | None]) -> None:
        """Exclude the benchmarks that the stack cannot do, and restart it for the others."""
        for cell in tuple(self._cells_of(stack.name)):
            if stack.name not in self._running:
                return
            failed = (
                problems[cell] if cell in problems else self._problem(cell, self._context.check)
            )
            if failed is not None:
                self._store_failure(self._failure(Trial(self._round.number, cell), failed))
                self._cells -= {cell}
                # What it could not do may have left it in any state.
                self._restart(stack)

    def _warm_up(self, stack: Stack) -> None:
        self._context.observer(WarmingUp(self._round.number, stack.name))
        running = self._running[stack.name]
        benchmarks = [self._suite.benchmark(cell.benchmark) for cell in self._cells_of(stack.name)]
        parts = [(benchmark, target(running, stack, benchmark)) for benchmark in benchmarks]
        try:
            self._warmed[stack.name] = warm_up(parts, self._means, CpuMeter(running))
        except StackFailed as failed:
            self._fail(stack.name, or_ending(running, failed, "in the warm-up"))
            self._stop({stack.name: self._running.pop(stack.name)})

    def _run_benchmark(self, planned: PlannedBenchmark, on_window: OnWindow) -> None:
        benchmark = self._suite.benchmark(planned.benchmark)
        stacks = {cell.stack for cell in self._cells if cell.benchmark == planned.benchmark}
        if isinstance(benchmark.load, IdleConnections):
            self._renew(stacks & self._used)
        self._used |= stacks
        running = {name: stack for name, stack in self._running.items() if name in stacks}
        if not running:
            return
        trials = open_trials(self._suite, self._round.number, benchmark, running, self._context)
        task = BenchmarkTask(benchmark, planned, trials, self._context, on_window)
        self._context.observer(BenchmarkStarted(self._round.number, benchmark.name))
        outcomes = _runner_of(benchmark)(task)
        self._cells = frozenset(c for c in self._cells if c.benchmark != planned.benchmark)
        for outcome in outcomes:
            if isinstance(outcome, Failure):
                self._store_failure(outcome)
                if benchmark.beside is not None:
                    # Streams that nobody hears any more may hold its threads for long.
                    self._renew([outcome.stack])
                continue
            cell = outcome.trial.cell
            if (failed := self._problem(cell, self._context.check_again)) is not None:
                self._store_failure(self._failure(outcome.trial, failed))
                self._renew([cell.stack])
            else:
                self._context.store.add_trial(self._run, outcome)
                self._done += 1
                self._context.observer(TrialStored(outcome, self._done, self._total))

    def _renew(self, names: Collection[str]) -> None:
        """Start stacks afresh and warm them up: memory that a process has had, it may keep."""
        for stack in [each for each in self._suite.stacks if each.name in names]:
            if stack.name in self._running:
                self._restart(stack)
            if stack.name in self._running:
                self._warm_up(stack)

    def _restart(self, stack: Stack) -> None:
        """Start a stack afresh for the benchmarks that are left."""
        self._stop({stack.name: self._running.pop(stack.name)})
        if any(self._cells_of(stack.name)):
            self._start(stack)

    def _cells_of(self, stack: str) -> Iterator[Cell]:
        """List the cells of a stack, in the order of their benchmarks."""
        cells = (Cell(planned.benchmark, stack) for planned in self._round.benchmarks)
        return (cell for cell in cells if cell in self._cells)

    def _fail(self, stack: str, failed: StackFailed) -> None:
        """Store a failure for each benchmark that the stack has left."""
        for cell in self._cells_of(stack):
            self._store_failure(self._failure(Trial(self._round.number, cell), failed))

    def _failure(self, trial: Trial, failed: StackFailed) -> Failure:
        return failure(trial, failed, own_app=self._suite.is_of_own_app)

    def _store_failure(self, failed: Failure) -> None:
        # A stack is not to blame for a service that is gone.
        self._context.services.require_alive()
        self._context.store.add_failure(self._run, failed)
        self._context.observer(StackFailedToServe(failed))

    def _stop(self, running: Mapping[str, LiveStack]) -> None:
        if not running:
            return
        with ThreadPoolExecutor(len(running)) as pool:
            stopped = list(pool.map(lambda stack: stack.stop(), running.values()))
        for (name, stack), end in zip(running.items(), stopped, strict=True):
            life = _life(self._round.number, name, stack, end, self._warmed.pop(name, ()))
            self._context.store.add_life(self._run, life)


def _runner_of(benchmark: Benchmark) -> Callable[[BenchmarkTask], Sequence[Outcome]]:
    if benchmark.mode == "duet":
        return run_duet
    if isinstance(benchmark.load, IdleConnections):
        return run_idle
    return run_concurrently if benchmark.together else run_benchmark


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
        common=_common(running, stopped),
    )


def _common(running: LiveStack, stopped: Stopped) -> CommonStart | None:
    wanted = running.launch.common
    return wanted and replace(wanted, fixed_addresses=stopped.fixed_addresses)
