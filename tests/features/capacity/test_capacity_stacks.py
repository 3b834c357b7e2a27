"""The capacity of servers that are started for it, in virtual time."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from known_server import SERVICE_S, WANTED

from runs import a_stack
from timetrial.drivers.driver import Target
from timetrial.features.capacity.capacity import SearchRecord, capacity_of
from timetrial.features.capacity.capacity_target import StackTarget
from timetrial.features.capacity.measure import CapacitySpec, measure
from timetrial.features.capacity.trial import Cause, CauseKind
from timetrial.model.errors import StackFailed
from timetrial.model.load import OpenLoad
from timetrial.model.measurement import ProcessStamp
from timetrial.model.suite import Benchmark, Stack, WarmUp
from timetrial.model.workload import Expectation, Request, Workload
from timetrial.runner.warm_up import WarmUpMeans
from timetrial.stacks.launch import Launch
from timetrial.stacks.process import ProcessEnd, Stopped
from virtual_server import VirtualDriver, VirtualServer, VirtualTime

HOST = "127.0.0.1"
START_S = 0.4
BENCHMARK = Benchmark(
    name="hello",
    workload=Workload.of("hello", {"wsgi": "/"}, Expectation(body="hello")),
    load=OpenLoad(300.0, connections=4, timeout_s=2.0),
    stacks=("mortal",),
    window_s=0.3,
    lead_in_s=0.05,
    windows=1,
)
FOREVER = None


class VirtualStack:
    """A stack whose server is simulated; its processes are the one that tests it."""

    def __init__(self, server: VirtualServer, number: int) -> None:
        self.server = server
        self.stopped = False
        self.started_ns = server.time.now_ns
        self.ready_ns = self.started_ns + 1
        self.launch = Launch(
            stack="mortal",
            command=(sys.executable, "mortal"),
            env={},
            cwd=Path(),
            host=HOST,
            port=number,
            cpus=tuple(os.sched_getaffinity(0)),
            probe=Request("/", Expectation(body="hello")),
            start_timeout_s=30.0,
            log=Path(os.devnull),
        )

    def processes(self) -> tuple[ProcessStamp, ...]:
        return (ProcessStamp(os.getpid(), 0),) if self.is_alive() else ()

    def log_tail(self, lines: int = 20) -> str:
        del lines
        return "" if self.server.listens else "out of memory"

    def is_alive(self) -> bool:
        return self.server.listens and not self.stopped

    def ending(self) -> ProcessEnd | None:
        return None if self.is_alive() else ProcessEnd("exited with code 3")

    def stop(self) -> Stopped:
        before, self.stopped = self.processes(), True
        return Stopped("TERM", 0, self.server.time.now_ns, before)


class Starts:
    """Starts the server, as often as it is asked, and keeps what it started."""

    def __init__(self, lives_for: Callable[[int], int | None]) -> None:
        """`lives_for` is how many requests a start answers, by its number from 0 on; 0: none."""
        self._lives_for = lives_for
        self.time = VirtualTime()
        self.started: list[VirtualStack] = []

    def __call__(self, stack: Stack, round_: int) -> VirtualStack:
        del stack, round_
        self.time.wait(START_S)
        number = len(self.started)
        lives_for = self._lives_for(number)
        if lives_for == 0:
            raise StackFailed("start", "exited with code 3 before it answered", "out of memory")
        server = VirtualServer(self.time, SERVICE_S, lives_for=lives_for)
        self.started.append(VirtualStack(server, number))
        return self.started[-1]

    def behind(self, target: Target) -> VirtualServer:
        return self.started[int(target.address.rpartition(":")[2])].server


def measured(starts: Starts, spec: CapacitySpec = WANTED) -> SearchRecord:
    driver, clock = VirtualDriver(starts.time, starts.behind), starts.time.clock
    limits = WarmUp(requests=50, at_most_s=0.5, at_least_s=0.1)
    subject = StackTarget(
        starts,
        replace(a_stack("mortal"), interface="wsgi"),
        BENCHMARK,
        warm_up_means=WarmUpMeans(limits, driver, (), clock),
    )
    record = measure(spec, subject, driver, lambda _event: None, clock)
    assert driver.open_sessions == 0
    assert not any(running.is_alive() for running in starts.started)
    return record


@pytest.fixture(scope="module")
def whole() -> tuple[Starts, SearchRecord]:
    """Search once, on a server that never dies."""
    starts = Starts(lambda _: FOREVER)
    return starts, measured(starts)


def test_each_round_of_confirmation_has_a_fresh_start(whole: tuple[Starts, SearchRecord]) -> None:
    starts, record = whole
    blocks = {trial.ask.block for trial in record.trials}
    assert len(starts.started) == len(blocks) >= 6
    assert all(running.stopped for running in starts.started)
    assert capacity_of(record).kind == "found"


def test_what_a_fresh_start_takes_is_planned_for(whole: tuple[Starts, SearchRecord]) -> None:
    _, record = whole
    assert START_S < record.plan.fresh_start_s < 3 * START_S
    assert record.passed_s <= WANTED.budget_s


def test_the_servers_cpu_time_and_memory_are_told(whole: tuple[Starts, SearchRecord]) -> None:
    _, record = whole
    assert record.memory is not None
    assert record.memory.total_bytes > 1_000_000
    assert all(trial.server_cpu_s for trial in record.trials)
    assert record.command == (sys.executable, "mortal")


def test_a_server_that_dies_is_started_afresh_and_the_trial_is_a_miss() -> None:
    # The first start lasts for a trial or two, the others as long as they are needed.
    record = measured(Starts(lambda number: FOREVER if number else 250))
    (death,) = record.deaths
    assert (death.phase, death.reason) == ("measure", "died under load (exited with code 3)")
    assert death.log_tail == "out of memory"
    fatal = record.trials[death.after_trial - 1]
    assert (fatal.verdict, fatal.causes) == ("missed", (Cause(CauseKind.SERVER_DIED),))
    assert len(record.trials) > death.after_trial
    assert record.ending != "died"


def test_a_server_that_does_not_start_again_ends_the_search() -> None:
    record = measured(Starts(lambda number: 0 if number else 250))
    assert record.ending == "died"
    assert [death.phase for death in record.deaths] == ["measure", "start"]
    assert "out of memory" in record.deaths[1].log_tail


def test_a_server_that_never_starts_is_a_failure() -> None:
    with pytest.raises(StackFailed) as caught:
        measured(Starts(lambda _: 0))
    assert caught.value.phase == "start"


def test_a_server_that_dies_while_it_is_warmed_up_is_a_failure_with_its_last_words() -> None:
    with pytest.raises(StackFailed) as caught:
        measured(Starts(lambda _: 1))
    assert caught.value.log_tail == "out of memory"
