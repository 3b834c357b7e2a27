"""One benchmark of idle connections in one round: stack by stack, each with a session of its own.

What the kernel keeps for a connection is in no process, and not in these figures of memory.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from timetrial.drivers.driver import LoadResult, OnProgress, Progress
from timetrial.machine.clock import Clock
from timetrial.machine.open_files import files_left
from timetrial.machine.ports import connections_by_process
from timetrial.model import HeldConnections, IdleConnections, StackFailed, ToolFailed
from timetrial.runner.benchmark import (
    ActiveTrial,
    BenchmarkTask,
    Outcome,
    failure_under_load,
    outcome_of,
    progress_reporter,
    window_of,
)
from timetrial.runner.driver_inputs import load_spec
from timetrial.runner.starter import LiveStack, or_ending
from timetrial.stacks.sampler import memory

_BIN_S = 0.1
"""The length of an interval of the engine's series."""


def run_idle(task: BenchmarkTask) -> list[Outcome]:
    """Measure the benchmark; a stack that fails leaves the others alone."""
    for index, name in enumerate(task.planned.turns):
        active_trial = task.trials.get(name)
        if active_trial is None or active_trial.failed is not None:
            continue
        try:
            _take_turn(task, active_trial, index)
        except StackFailed as failed:
            active_trial.failed = or_ending(active_trial.running, failed, "under load")
        task.context.services.require_alive()
        if active_trial.failed is None:
            task.on_window(active_trial.trial.cell, active_trial.windows[-1])
    return [outcome_of(active_trial) for active_trial in task.trials.values()]


def _take_turn(task: BenchmarkTask, active_trial: ActiveTrial, index: int) -> None:
    load, running = task.benchmark.load, active_trial.running
    assert isinstance(load, IdleConnections)  # noqa: S101 - the caller chose by it
    spec = load_spec(task.benchmark, 0, task.planned.seed_of(index))
    plateau = _Plateau(load, running, task.context.clock)
    report = progress_reporter(task.context, active_trial.trial)
    active_trial.services.begin()
    active_trial.meter.begin()
    with task.context.driver_of(task.benchmark).open(
        [active_trial.target], task.session_config
    ) as session:
        plateau.begin()
        try:
            result = session.run_load(spec, _each(report, plateau.look))
        except ToolFailed as failed:
            raise StackFailed("measure", str(failed)) from failed
    window = window_of(index, result, active_trial.meter.end())
    active_trial.services.end()
    active_trial.windows.append(replace(window, held=plateau.held(result)))
    active_trial.by_worker = plateau.by_worker
    active_trial.failed = failure_under_load(running, result)


def _each(*observers: OnProgress) -> OnProgress:
    def observe(progress: Progress) -> None:
        for observer in observers:
            observer(progress)

    return observe


@dataclass(frozen=True, slots=True)
class _Look:
    """The server's processes at one moment."""

    connections: int
    memory_bytes: int
    files_left: int | None


class _Plateau:
    """Looks at the server before connections are opened, and once while all are held."""

    def __init__(self, load: IdleConnections, running: LiveStack, clock: Clock) -> None:
        self._load = load
        self._running = running
        self._clock = clock
        self._began_s = 0.0
        self._before: _Look | None = None
        self._during: _Look | None = None
        self.by_worker: tuple[int, ...] = ()

    def begin(self) -> None:
        self._before = self._read(0)
        self._began_s = self._clock.now_s()

    def look(self, progress: Progress) -> None:
        """Take the look when half of the time is over for which all are held."""
        passed_s = self._clock.now_s() - self._began_s
        if self._during is not None or passed_s < self._load.opening_s + self._load.hold_s / 2:
            return
        # One that waits to be accepted, or for its response, is no memory of the server's yet.
        answered = min(progress.connections or 0, progress.completions or 0)
        self._during = self._read(answered)
        launch = self._running.launch
        pids = [stamp.pid for stamp in self._running.processes()]
        self.by_worker = connections_by_process(launch.port, pids)

    def held(self, result: LoadResult) -> HeldConnections:
        """Put together what became of the connections."""
        before, during, idle = self._before, self._during, result.idle
        most = result.connections_reached or 0
        return HeldConnections(
            wanted=self._load.connections,
            held=idle.held if idle else 0,
            most=most,
            not_kept=idle.not_kept if idle else 0,
            closed=idle.closed_after.count if idle else 0,
            resets=idle.resets if idle else 0,
            first_failed_s=_first_failed_s(result),
            connect_error=result.connect_error,
            looked_at=during.connections if during else 0,
            memory_before_bytes=before.memory_bytes if before else 0,
            memory_bytes=during.memory_bytes if during else 0,
            files_left=during.files_left if during else None,
        )

    def _read(self, connections: int) -> _Look:
        pids = [stamp.pid for stamp in self._running.processes()]
        return _Look(connections, memory(pids).total_bytes, files_left(pids))


def _first_failed_s(result: LoadResult) -> float | None:
    places = (place for place, interval in enumerate(result.series) if interval.failures)
    first = next(places, None)
    return None if first is None else round(first * _BIN_S, 1)
