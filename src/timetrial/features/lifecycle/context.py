"""Fresh starts for experiments: as they are measured, or with a wrapper that counts requests."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from timetrial.drivers.driver import Driver, Target
from timetrial.machine.clock import MACHINE_CLOCK, Clock
from timetrial.machine.ports import free_port
from timetrial.model import (
    BadInput,
    Benchmark,
    ExperimentFailure,
    Occasion,
    PortTaken,
    Stack,
    StackFailed,
    Suite,
)
from timetrial.model.workload import is_long_wait
from timetrial.runner.driver_inputs import target
from timetrial.runner.prepare import Prepared
from timetrial.runner.starter import first_right, probes_of
from timetrial.stacks import process
from timetrial.stacks.fingerprint.launch import COUNTED, with_wrapper, wrapped
from timetrial.stacks.launch import Launch
from timetrial.stacks.launch_builder import HOST, build_launch
from timetrial.stacks.process import RunningStack


@dataclass(frozen=True, slots=True)
class Lengths:
    """Seconds; the defaults are those of every experiment that users see."""

    before_s: float = 1.0
    """Load before the event."""
    after_stop_s: float = 3.0
    """Load after SIGTERM."""
    after_kill_s: float = 6.0
    """Load after a worker was killed."""
    reload_s: float = 3.0
    """Load after a signal to reload: some servers replace one worker after the other …"""
    reload_of_a_worker_s: float = 3.5
    """… with a pause, so that this comes for each worker …"""
    longest_reload_s: float = 20.0
    """… up to here."""
    load_s: float = 2.0
    """The burst between the two readings of memory."""
    warm_s: float = 0.5
    """The burst before a reload or a kill."""
    pilot_s: float = 1.0
    """The burst of the pilot that finds the rate of all experiments."""
    exit_within_s: float = 10.0
    """From SIGTERM; container runtimes kill after that time, too, if nothing else is said."""

    def after_reload_s(self, workers: int) -> float:
        """Return how long load goes on after a signal to reload so many workers."""
        return min(self.longest_reload_s, self.reload_s + self.reload_of_a_worker_s * workers)


JOURNAL = "TIMETRIAL_INSIDE_JOURNAL"


@dataclass(frozen=True, slots=True)
class ExperimentContext:
    """What all experiments have in common."""

    suite: Suite
    prepared: Prepared
    driver: Driver
    server_cpus: tuple[int, ...]
    generator_cpus: tuple[int, ...]
    work_dir: Path
    lengths: Lengths = Lengths()
    clock: Clock = MACHINE_CLOCK

    @property
    def own_app(self) -> bool:
        return self.suite.is_of_own_app

    def failure(self, occasion: Occasion, failed: StackFailed) -> ExperimentFailure:
        """Record a failure; of the user's own app, a wrong body says what to type."""
        failed = failed.with_advice() if self.own_app else failed
        return ExperimentFailure(occasion, f"{failed.phase}: {failed.reason}", failed.log_tail)

    def benchmark(self, stack: Stack) -> Benchmark:
        """Choose the requests for a stack: its first benchmark that does not wait for long.

        Raises BadInput where there is none.
        """
        for benchmark in self.suite.benchmarks:
            if stack.name in benchmark.stacks and not is_long_wait(benchmark.workload):
                return benchmark
        raise BadInput(
            f"{stack.name!r} has only workloads that wait for a second or more, during which "
            "nothing can be seen of a life cycle; add a benchmark with a quick one"
        )

    def start(self, occasion: Occasion) -> RunningStack:
        """Start a stack as it is measured; raises StackFailed."""
        launch = self._launch(occasion, wrapper=None)
        return first_right(lambda: _started(launch), own_app=self.own_app)

    def start_counted(self, occasion: Occasion) -> tuple[RunningStack, Path | None]:
        """Start a stack whose processes count their requests in files of a folder.

        The folder is None for a program that is no Python app. Raises StackFailed.
        """
        stack = self.suite.stack(occasion.stack)
        launch = self._launch(occasion, wrapper=COUNTED)
        if stack.interface == "program":
            return _started(launch), None
        journal = Path(tempfile.mkdtemp(prefix="journal-", dir=self.work_dir))
        parts = self.prepared.stacks[stack.name]
        counted = with_wrapper(launch, parts, {JOURNAL: str(journal)})
        return _started(counted), journal

    def target(self, running: RunningStack, occasion: Occasion) -> Target:
        stack = self.suite.stack(occasion.stack)
        return target(running, stack, self.benchmark(stack))

    def timeout_s(self, occasion: Occasion) -> float:
        return self.benchmark(self.suite.stack(occasion.stack)).load.timeout_s

    def _launch(self, occasion: Occasion, wrapper: str | None) -> Launch:
        stack = self.suite.stack(occasion.stack)
        parts = self.prepared.stacks[stack.name]
        name = f"{stack.name}-{occasion.experiment}-{occasion.repeat}.log"
        return build_launch(
            parts if wrapper is None else wrapped(parts, wrapper),
            port=free_port(HOST),
            cpus=self.server_cpus,
            log=self.work_dir / "logs" / name,
            probe=probes_of(replace(self.suite, benchmarks=(self.benchmark(stack),)), stack)[0],
        )


def startable(suite: Suite, prepared: Prepared) -> Sequence[Stack]:
    """List the stacks that can be started, without A/A controls."""
    return [
        stack
        for stack in suite.stacks
        if stack.name in prepared.stacks
        and stack.name not in prepared.not_installed
        and not stack.control_of
    ]


def _started(launch: Launch) -> RunningStack:
    try:
        return process.start(launch)
    except PortTaken as taken:
        raise StackFailed("start", str(taken)) from taken
