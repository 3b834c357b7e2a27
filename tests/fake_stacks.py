"""Stacks without processes, a driver without network, and a run that is measured with both."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TypeVar

from runs import A_MACHINE, a_stack, some_facts
from timetrial.drivers.driver import LoadSpec, Target
from timetrial.drivers.scripted import Scene, ScriptedDriver
from timetrial.machine.clock import MACHINE_CLOCK, Clock
from timetrial.machine.cpu_groups import EqualShares, equal_shares
from timetrial.model.errors import StackFailed
from timetrial.model.events import Event, WindowMeasured
from timetrial.model.load import ClosedLoad
from timetrial.model.measurement import ProcessStamp
from timetrial.model.plan import plan
from timetrial.model.run import Run
from timetrial.model.suite import Benchmark, Stack, Suite, WarmUp
from timetrial.model.workload import Expectation, Request, Workload
from timetrial.runner.execute import execute
from timetrial.runner.run_context import RunContext
from timetrial.runner.starter import BenchmarkCheck, LiveStack, check_benchmark
from timetrial.stacks.launch import Launch
from timetrial.stacks.process import ProcessEnd, Stopped
from timetrial.store.store import Store

T = TypeVar("T")

HOST = "127.0.0.1"
STACKS = ("gunicorn", "uvicorn", "waitress")
CPUS = (1,)
START_S = 0.001
"""What a start takes, of virtual time."""
STOP_NS = 500
NO_SUCH_PROCESS = 5_000_000
"""Larger than any process number can be."""


def small_suite(rounds: int = 2, stacks: Collection[str] = STACKS) -> Suite:
    return Suite(
        name="small",
        title="Small",
        stacks=tuple(a_stack(name) for name in stacks),
        benchmarks=tuple(benchmark(name, stacks) for name in ("hello", "echo")),
        rounds=rounds,
        warm_up=WarmUp(requests=200, at_most_s=4.0, at_least_s=0.5),
    )


def benchmark(name: str, stacks: Collection[str], timeout_s: float = 3.0) -> Benchmark:
    return Benchmark(
        name=name,
        workload=Workload.of(
            name, {"wsgi": f"/{name}", "asgi": f"/{name}"}, Expectation(body=name)
        ),
        load=ClosedLoad(8, timeout_s),
        stacks=tuple(stacks),
        window_s=0.1,
        lead_in_s=0.05,
        windows=2,
    )


def all_is_well(_running: LiveStack, _stack: Stack, _benchmark: Benchmark) -> None:
    pass


class FakeStack:
    """A stack that is up as long as nobody stops or kills it."""

    def __init__(
        self,
        stack: Stack,
        round_: int,
        number: int,
        stopped: list[str],
        clock: Clock = MACHINE_CLOCK,
    ) -> None:
        self._clock = clock
        self.name = stack.name
        self.alive = True
        self.launch = Launch(
            stack=stack.name,
            command=("serve", stack.name),
            env={},
            cwd=Path(),
            host=HOST,
            port=number,
            cpus=CPUS,
            probe=Request("/", Expectation()),
            start_timeout_s=1.0,
            log=Path(os.devnull),
        )
        self.started_ns = clock.now_ns()
        clock.sleep(START_S)
        self.ready_ns = clock.now_ns()
        self._stamp = ProcessStamp(NO_SUCH_PROCESS + number, round_)
        self._stopped = stopped

    def processes(self) -> tuple[ProcessStamp, ...]:
        return (self._stamp,) if self.alive else ()

    def log_tail(self, lines: int = 20) -> str:
        del lines
        return f"log of {self.name}"

    def is_alive(self) -> bool:
        return self.alive

    def ending(self) -> ProcessEnd | None:
        return None if self.alive else ProcessEnd("exited with code 1")

    def stop(self) -> Stopped:
        before = self.processes()
        self.alive = False
        self._stopped.append(self.name)
        return Stopped("TERM", 0, self._clock.now_ns() + STOP_NS, before)


@dataclass
class Stage:
    """A run in a store, what it is measured with, and all that happened."""

    store: Store
    run: int
    driver: ScriptedDriver = field(default_factory=ScriptedDriver)
    not_installed: Mapping[str, StackFailed] = field(default_factory=dict)
    broken: Mapping[tuple[str, int], BaseException] = field(default_factory=dict)
    """What starting a stack in a round (by its number) raises."""
    on_event: Callable[[Event], None] = lambda _event: None
    events: list[Event] = field(default_factory=list)
    started: list[tuple[int, str]] = field(default_factory=list)
    """Round and stack of every start that was tried."""
    stopped: list[str] = field(default_factory=list)
    stacks: list[FakeStack] = field(default_factory=list)
    _one_at_a_time: Lock = field(default_factory=Lock)

    def execute(
        self,
        check: BenchmarkCheck = check_benchmark,
        check_again: BenchmarkCheck = all_is_well,
        share_evenly: EqualShares = equal_shares,
    ) -> Run:
        return execute(self.run, self.context(check, check_again, share_evenly))

    def context(
        self,
        check: BenchmarkCheck = check_benchmark,
        check_again: BenchmarkCheck = all_is_well,
        share_evenly: EqualShares = equal_shares,
    ) -> RunContext:
        return RunContext(
            store=self.store,
            driver=self.driver,
            start=self._start,
            not_installed=self.not_installed,
            generator_cpus=CPUS,
            observer=self._observe,
            check=check,
            share_evenly=share_evenly,
            check_again=check_again,
            clock=self.driver.clock,
        )

    def stack_behind(self, target: Target) -> FakeStack:
        return next(
            stack for stack in self.stacks if target.address == f"{HOST}:{stack.launch.port}"
        )

    def events_of(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    def turns(self) -> list[tuple[int, str, str]]:
        """List round, benchmark and stack of every window, in the order of events."""
        return [
            (event.round, event.cell.benchmark, event.cell.stack)
            for event in self.events
            if isinstance(event, WindowMeasured)
        ]

    def script(self, scene: Callable[[FakeStack, LoadSpec, str], Scene | None]) -> None:
        """Play a script that is told the stack, the drive and the path; None: all is well."""
        self.driver.script = lambda target, drive: (
            scene(self.stack_behind(target), drive, target.requests[0].path) or Scene()
        )

    def _start(self, stack: Stack, round_: int) -> FakeStack:
        with self._one_at_a_time:
            self.started.append((round_, stack.name))
            if failed := self.broken.get((stack.name, round_)):
                raise failed
            number = len(self.started)
            self.stacks.append(FakeStack(stack, round_, number, self.stopped, self.driver.clock))
            return self.stacks[-1]

    def _observe(self, event: Event) -> None:
        self.events.append(event)
        self.on_event(event)


@contextmanager
def staged(folder: Path, suite: Suite | None = None, seed: int = 1) -> Iterator[Stage]:
    wanted = suite or small_suite()
    folder.mkdir(exist_ok=True)
    with Store.open(folder / "timetrial.db") as store:
        facts = [some_facts(stack.control_of or stack.name) for stack in wanted.stacks]
        yield Stage(store, store.create_run(plan(wanted, seed), A_MACHINE, facts, "0", "now"))


def measured(run: Run) -> list[tuple[int, str, str]]:
    """List round, benchmark and stack of every measurement, in the order of the store."""
    trials = [measurement.trial for measurement in run.measurements]
    return [(trial.round, trial.cell.benchmark, trial.cell.stack) for trial in trials]


def failed(run: Run) -> list[tuple[int, str | None, str]]:
    return [(failure.round, failure.benchmark, failure.stack) for failure in run.failures]


def planned_turns(run: Run) -> list[tuple[int, str, str]]:
    return [
        (round_.number, planned.benchmark, stack)
        for round_ in run.plan.rounds
        for planned in round_.benchmarks
        for stack in planned.turns
    ]


def planned_starts(run: Run) -> list[tuple[int, str]]:
    return list(
        itertools.chain.from_iterable(
            ((round_.number, stack) for stack in round_.starts) for round_ in run.plan.rounds
        )
    )
