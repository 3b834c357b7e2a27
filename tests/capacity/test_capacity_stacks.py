"""The capacity of servers that are started for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from known_server import WANTED, undisturbed

from runs import a_stack
from timetrial.capacity.capacity import Taken, capacity_of
from timetrial.capacity.trial import Cause, CauseKind
from timetrial.drivers.native import NativeDriver
from timetrial.errors import StackFailed
from timetrial.load import RateLoad
from timetrial.runner.capacity import Wanted, measure
from timetrial.runner.starter import LiveStack
from timetrial.runner.subject import StackSubject
from timetrial.stacks import process
from timetrial.stacks.launch import Launch, Probe
from timetrial.stacks.ports import free_port
from timetrial.suite import Contest, Stack, WarmUp
from timetrial.workload import Expectation, Workload

pytestmark = pytest.mark.measures

SERVER = Path(__file__).with_name("mortal_server.py")
CONTEST = Contest(
    name="hello",
    workload=Workload.of("hello", {"wsgi": "/"}, Expectation(body="hello")),
    load=RateLoad(300.0, connections=4, timeout_s=2.0),
    stacks=("mortal",),
    window_s=0.3,
    lead_in_s=0.05,
    windows=1,
)
FOREVER = 1_000_000


class Starts:
    """Starts the server, as often as it is asked, and keeps what it started."""

    def __init__(self, folder: Path, requests: Callable[[int], int]) -> None:
        self._folder = folder
        self._requests = requests
        self.started: list[LiveStack] = []

    def __call__(self, stack: Stack, round_: int) -> LiveStack:
        port, number = free_port(), len(self.started)
        running = process.start(
            Launch(
                stack=stack.name,
                command=(sys.executable, str(SERVER), str(port), str(self._requests(number))),
                env=dict(os.environ),
                cwd=self._folder,
                host="127.0.0.1",
                port=port,
                cpus=tuple(os.sched_getaffinity(0)),
                probe=Probe("/", Expectation(body="hello")),
                start_timeout_s=30.0,
                log=self._folder / f"{number}-round-{round_}.log",
            )
        )
        self.started.append(running)
        return running


def measured(starts: Starts, wanted: Wanted = WANTED) -> Taken:
    subject = StackSubject(
        starts,
        replace(a_stack("mortal"), interface="wsgi"),
        CONTEST,
        limits=WarmUp(requests=50, at_most_s=0.5, at_least_s=0.1),
        driver=NativeDriver(),
        generator_cpus=(),
    )
    return measure(wanted, subject, NativeDriver(), lambda _event: None)


def test_each_round_of_confirmation_has_a_fresh_start(tmp_path: Path) -> None:
    starts = Starts(tmp_path, lambda _: FOREVER)
    taken = undisturbed(measured(starts))
    blocks = {trial.ask.block for trial in taken.trials}
    assert len(starts.started) == len(blocks) >= 6
    assert not any(running.is_alive() for running in starts.started)
    assert capacity_of(taken).kind == "found"


def test_the_servers_cpu_time_and_memory_are_told(tmp_path: Path) -> None:
    taken = measured(Starts(tmp_path, lambda _: FOREVER))
    assert taken.memory is not None
    assert taken.memory.total_bytes > 1_000_000
    assert all(trial.server_cpu_s for trial in taken.trials)
    assert taken.command[1] == str(SERVER)


def test_a_server_that_dies_is_started_afresh_and_the_trial_is_a_miss(tmp_path: Path) -> None:
    # The first start lasts for a trial or two, the others as long as they are needed.
    starts = Starts(tmp_path, lambda number: FOREVER if number else 250)
    taken = measured(starts)
    (death,) = taken.deaths
    assert (death.phase, death.reason) == ("measure", "died under load")
    assert death.log_tail == "out of memory"
    fatal = taken.trials[death.after_trial - 1]
    assert (fatal.verdict, fatal.causes) == ("missed", (Cause(CauseKind.SERVER_DIED),))
    assert len(taken.trials) > death.after_trial
    assert taken.ending != "died"


def test_a_server_that_does_not_start_again_ends_the_search(tmp_path: Path) -> None:
    taken = measured(Starts(tmp_path, lambda number: 1 if number else 250))
    assert taken.ending == "died"
    assert [death.phase for death in taken.deaths] == ["measure", "start"]
    assert "out of memory" in taken.deaths[1].log_tail


def test_a_server_that_never_starts_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(StackFailed) as caught:
        measured(Starts(tmp_path, lambda _: 1))
    assert caught.value.phase == "start"
