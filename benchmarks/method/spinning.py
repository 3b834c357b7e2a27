"""Servers that spin so long for each request that their costs differ by a known share."""

from __future__ import annotations

import os
import statistics
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from taking import CONNECTIONS, placement
from timetrial.drivers.driver import LoadSpec, SessionConfig, Target
from timetrial.drivers.native import NativeDriver
from timetrial.machine.ports import free_port
from timetrial.model.measurement import ProcessStamp
from timetrial.model.suite import Stack
from timetrial.model.workload import Expectation, Request
from timetrial.runner.starter import LiveStack, Starter
from timetrial.stacks import process
from timetrial.stacks.launch import Launch
from timetrial.stacks.process import ProcessEnd, Stopped

HOST = "127.0.0.1"
HELLO = Expectation(200, "Hello world!")
BASE_SPIN = 2_000
_PROGRAM = Path(__file__).with_name("spin_server.py")
_REQUESTS = 3_000
_AT_MOST_S = 5.0
_TURNS = 6

Cost = tuple[int, int]
"""CPU nanoseconds and requests."""


def start(
    spin: int, folder: Path, name: str = "spin", kind: str = "sound", more: int = 0
) -> process.RunningStack:
    return start_program(_PROGRAM, (str(spin), kind, str(more)), folder, name, HELLO)


def start_program(
    program: Path, arguments: Sequence[str], folder: Path, name: str, expect: Expectation
) -> process.RunningStack:
    """Start a server that is given its host and port before these arguments."""
    port = free_port(HOST)
    return process.start(
        Launch(
            stack=name,
            command=(sys.executable, str(program), HOST, str(port), *arguments),
            env={"PATH": os.environ["PATH"]},
            cwd=folder,
            host=HOST,
            port=port,
            cpus=placement().server_cpus,
            probe=Request("/", expect),
            start_timeout_s=20.0,
            log=folder / f"{name}.log",
        )
    )


def cost(running: LiveStack) -> Cost:
    """Ask a server for its own account of CPU time and requests."""
    used_ns, requests, _, _ = _costs(running)
    return used_ns, requests


def cost_when_settled(running: LiveStack) -> Cost:
    """Ask for the same without its start and its first requests; (0, 0) if there were no others."""
    used_ns, requests, before_ns, before = _costs(running)
    return (used_ns - before_ns, requests - before) if before else (0, 0)


def _costs(running: LiveStack) -> tuple[int, int, int, int]:
    with urllib.request.urlopen(f"http://{HOST}:{running.launch.port}/cost", timeout=10) as said:
        used_ns, requests, before_ns, before = map(int, said.read().split())
    return used_ns, requests, before_ns, before


def calibrated(shares: Sequence[float], turns: int = _TURNS) -> dict[float, int]:
    """Find how far to count for costs that are those of the base and a share more each.

    Two servers take turns, one of which counts twice as far: from what they differ by comes the
    cost of counting, here and now.
    """
    with (
        TemporaryDirectory() as name,
        start(BASE_SPIN, Path(name), "one") as one,
        start(2 * BASE_SPIN, Path(name), "two") as two,
    ):
        costs: dict[LiveStack, list[float]] = {one: [], two: []}
        for turn in range(turns):
            for running in (one, two) if turn % 2 else (two, one):
                costs[running].append(_cost_under_load(running))
    base_ns, double_ns = statistics.median(costs[one]), statistics.median(costs[two])
    per_count_ns = (double_ns - base_ns) / BASE_SPIN
    return {share: BASE_SPIN + round(share * base_ns / per_count_ns) for share in shares}


def _cost_under_load(running: LiveStack) -> float:
    address = f"{HOST}:{running.launch.port}"
    target = Target(address, address, (Request("/", HELLO),))
    before = cost(running)
    setting = SessionConfig(CONNECTIONS, placement().generator_cpus, 10.0)
    with NativeDriver().open([target], setting) as session:
        session.run_load(LoadSpec(0, _AT_MOST_S, max_requests=_REQUESTS))
    after = cost(running)
    if after[1] == before[1]:
        raise SystemExit(f"the spinning server answered nothing in {_AT_MOST_S:g} s")
    return (after[0] - before[0]) / (after[1] - before[1])


@dataclass(slots=True)
class Accounts:
    """What each server said of itself at the end of each round, start and warm-up left out.

    They share the cost of those among as many requests as they get, which differ.
    """

    costs: dict[str, dict[int, Cost]] = field(default_factory=dict)

    def starter(self, spins: Mapping[str, int], folder: Path) -> Starter:
        def begin(stack: Stack, round_: int) -> LiveStack:
            running = start(spins[stack.name], folder, stack.name)
            return _Asked(running, self.costs.setdefault(stack.name, {}), round_)

        return begin

    def as_lists(self) -> dict[str, list[list[int]]]:
        return {
            name: [[number, *own] for number, own in rounds.items()]
            for name, rounds in self.costs.items()
        }


class _Asked:
    """A running stack that is asked for its account before it is stopped."""

    def __init__(self, running: process.RunningStack, costs: dict[int, Cost], round_: int) -> None:
        self._running = running
        self._costs = costs
        self._round = round_
        self.launch = running.launch
        self.started_ns = running.started_ns
        self.ready_ns = running.ready_ns

    def processes(self) -> tuple[ProcessStamp, ...]:
        return self._running.processes()

    def log_tail(self, lines: int = 20) -> str:
        return self._running.log_tail(lines)

    def is_alive(self) -> bool:
        return self._running.is_alive()

    def ending(self) -> ProcessEnd | None:
        return self._running.ending()

    def stop(self) -> Stopped:
        try:
            self._costs[self._round] = cost_when_settled(self._running)
        except OSError:  # it is gone: the round says why
            self._costs.pop(self._round, None)
        return self._running.stop()
