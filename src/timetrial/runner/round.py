"""One round: all stacks started afresh, warmed up, measured in every contest, and stopped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from timetrial.errors import StackFailed
from timetrial.events import StackFailedToServe, StackReady, StackStarting, TrialStored, WarmingUp
from timetrial.measurement import Failure, Measurement, StackLife
from timetrial.plan import PlannedContest, Round
from timetrial.run import Run
from timetrial.runner.bench import Bench
from timetrial.runner.contest import OnWindow, failure, hold, line_up
from timetrial.runner.starter import LiveStack
from timetrial.runner.targets import target
from timetrial.runner.warm_up import warm_up
from timetrial.stacks.process import Stopped
from timetrial.suite import Stack
from timetrial.trial import Cell, Trial
from timetrial.units import seconds


class RoundOfTrials:
    """Measures what is pending in one round and stores it, trial by trial."""

    def __init__(self, run: Run, round_: Round, bench: Bench) -> None:
        self._run = run.number
        self._suite = run.plan.suite
        self._round = round_
        self._bench = bench
        self._done = len(run.measurements)
        self._total = sum(1 for _ in run.plan.trials())
        self._running: dict[str, LiveStack] = {}

    def measure(
        self, contests: tuple[PlannedContest, ...], stacks: Iterable[str], on_window: OnWindow
    ) -> None:
        """Measure these contests with these stacks; nothing runs any more when it returns."""
        wanted = set(stacks)
        try:
            for name in self._round.starts:
                if name in wanted:
                    self._start(self._suite.stack(name), contests)
            for name in list(self._running):
                self._warm_up(self._suite.stack(name), contests)
            for planned in contests:
                self._hold(planned, on_window)
        finally:
            self._stop_all()

    def _start(self, stack: Stack, contests: tuple[PlannedContest, ...]) -> None:
        self._bench.observer(StackStarting(self._round.number, stack.name))
        try:
            running = self._bench.start(stack, self._round.number)
        except StackFailed as failed:
            self._fail(stack.name, contests, failed)
            return
        self._running[stack.name] = running
        startup_s = seconds(running.ready_ns - running.started_ns)
        self._bench.observer(StackReady(self._round.number, stack.name, startup_s))

    def _warm_up(self, stack: Stack, contests: tuple[PlannedContest, ...]) -> None:
        self._bench.observer(WarmingUp(self._round.number, stack.name))
        running = self._running[stack.name]
        mine = [
            self._suite.contest(planned.contest)
            for planned in contests
            if stack.name in planned.turns
        ]
        parts = [(contest, target(running, stack, contest)) for contest in mine]
        try:
            warm_up(parts, self._suite.warm_up, self._bench.driver, self._bench.generator_cpus)
        except StackFailed as failed:
            failed.log_tail = running.log_tail()
            self._fail(stack.name, contests, failed)
            self._stop({stack.name: self._running.pop(stack.name)})

    def _hold(self, planned: PlannedContest, on_window: OnWindow) -> None:
        contest = self._suite.contest(planned.contest)
        contestants = line_up(self._suite, self._round.number, contest, self._running)
        if not contestants:
            return
        for outcome in hold(contest, planned.turns, contestants, self._bench, on_window):
            if isinstance(outcome, Measurement):
                self._bench.store.add_trial(self._run, outcome)
                self._done += 1
                self._bench.observer(TrialStored(outcome, self._done, self._total))
            else:
                self._store_failure(outcome)

    def _fail(self, stack: str, contests: tuple[PlannedContest, ...], failed: StackFailed) -> None:
        """Store a failure for each of the contests in which the stack is now missing."""
        for planned in contests:
            if stack in planned.turns:
                trial = Trial(self._round.number, Cell(planned.contest, stack))
                self._store_failure(failure(trial, failed))

    def _store_failure(self, failed: Failure) -> None:
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
            life = _life(self._round.number, name, stack, stopped[name])
            self._bench.store.add_life(self._run, life)


def _stop(running: LiveStack) -> Stopped:
    return running.stop()


def _life(round_: int, name: str, running: LiveStack, stopped: Stopped) -> StackLife:
    return StackLife(
        round=round_,
        stack=name,
        command=running.launch.command,
        started_ns=running.started_ns,
        ready_ns=running.ready_ns,
        stopped_ns=stopped.stopped_ns,
        processes=stopped.processes,
        stop_signal=stopped.stop_signal,
        exit_code=stopped.exit_code,
        warnings=stopped.warnings,
    )
