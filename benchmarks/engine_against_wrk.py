"""Requests per CPU-second of the generator: the engine against wrk.

All load the same server, pinned to a core of their own, in one interleaved run (each order is
followed by its reversal, so that a drift of the machine falls on all). CPU time is what the
operating system accounts to the whole process that generates: for the engine that includes the
Python program around it.
"""

from __future__ import annotations

import math
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from hello_server import HELLO, HOST, hello_server
from timetrial.drivers.driver import Drive, Request, Setting, Target
from timetrial.drivers.native import NativeDriver
from timetrial.stacks.placement import available_cpus, place
from timetrial.stats.student import centre

CONNECTIONS = (50, 500)
ROUNDS = 10
RUN_S = 2
CONFIDENCE = 0.95
Backend = Literal["epoll", "io_uring"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one run of a generator did and cost."""

    requests: int
    length_s: float
    cpu_s: float

    @property
    def requests_per_cpu_s(self) -> float:
        return self.requests / self.cpu_s


def main() -> None:
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (Debian: apt-get install wrk)")
    placement = place(available_cpus())
    os.sched_setaffinity(0, placement.generator_cpus)
    with TemporaryDirectory() as folder, hello_server(placement.server_cpus, Path(folder)) as hello:
        print(f"{'connections':>11}  {'':8}  {'requests/CPU-s':>14}  ratio to wrk")
        for connections in CONNECTIONS:
            port, cpus = hello.launch.port, placement.generator_cpus
            contenders: dict[str, Callable[[], Reading]] = {
                "wrk": partial(_wrk, connections, port),
                **{name: partial(_engine, connections, port, cpus, name) for name in _backends()},
            }
            _report(connections, _interleaved(contenders))


def _backends() -> list[Backend]:
    """Leave io_uring out, with the reason, where it cannot be used."""
    target = Target(f"{HOST}:1", HOST, (Request("/"),))
    usable: list[Backend] = ["epoll"]
    try:
        NativeDriver().open([target], Setting(1, (), 1.0, backend="io_uring")).close()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"io_uring is left out: {error}\n")
    else:
        usable.append("io_uring")
    return usable


def _interleaved(contenders: dict[str, Callable[[], Reading]]) -> dict[str, list[Reading]]:
    """Let all take turns, in one order and then in its reversal."""
    readings: dict[str, list[Reading]] = {name: [] for name in contenders}
    for turn in range(ROUNDS):
        order = list(contenders) if turn % 2 == 0 else list(reversed(contenders))
        for name in order:
            readings[name].append(contenders[name]())
    return readings


def _engine(connections: int, port: int, cpus: tuple[int, ...], backend: Backend) -> Reading:
    address = f"{HOST}:{port}"
    before_s = _cpu_s(resource.RUSAGE_SELF)
    session = NativeDriver(threads=1).open(
        [Target(address, address, (Request("/", HELLO),))],
        Setting(connections=connections, cpus=cpus, timeout_s=5, backend=backend),
    )
    with session:
        result = session.drive(Drive(target=0, window_s=RUN_S))
    if result.overall.failed:
        sys.exit(f"the engine saw failures: {result.overall}")
    return Reading(result.overall.ok, RUN_S, _cpu_s(resource.RUSAGE_SELF) - before_s)


def _wrk(connections: int, port: int) -> Reading:
    before_s = _cpu_s(resource.RUSAGE_CHILDREN)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{RUN_S}s", f"http://{HOST}:{port}/"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    cpu_s = _cpu_s(resource.RUSAGE_CHILDREN) - before_s
    found = re.search(r"(\d+) requests in", output)
    if found is None or "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"wrk saw failures:\n{output}")
    return Reading(int(found[1]), RUN_S, cpu_s)


def _report(connections: int, readings: dict[str, list[Reading]]) -> None:
    for name, own in readings.items():
        ratios = [
            math.log(ours.requests_per_cpu_s / theirs.requests_per_cpu_s)
            for ours, theirs in zip(own, readings["wrk"], strict=True)
        ]
        found = centre(ratios, CONFIDENCE)
        half_width = found.half_width or 0.0
        low, high = math.exp(found.mean - half_width), math.exp(found.mean + half_width)
        ratio = "" if name == "wrk" else f"{math.exp(found.mean):.2f} [{low:.2f}, {high:.2f}]"
        print(f"{connections:>11}  {name:8}  {_median(own):>14,.0f}  {ratio}")


def _median(readings: list[Reading]) -> float:
    ordered = sorted(reading.requests_per_cpu_s for reading in readings)
    return ordered[len(ordered) // 2]


def _cpu_s(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
