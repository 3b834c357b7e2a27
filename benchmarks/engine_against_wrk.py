"""Requests per CPU-second of the generator: the engine against wrk.

Both load the same server, pinned to a core of their own, in one interleaved run (ABBA, so that a
drift of the machine falls on both). CPU time is what the operating system accounts to the whole
process that generates: for the engine that includes the Python program around it.
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
from pathlib import Path
from tempfile import TemporaryDirectory

from timetrial.catalog.loader import load_catalog
from timetrial.cli.options import cache_dir
from timetrial.drivers.driver import Drive, Target
from timetrial.drivers.native import NativeDriver
from timetrial.stacks import process
from timetrial.stacks.environment import Environments
from timetrial.stacks.launch import Launch, Probe
from timetrial.stacks.placement import available_cpus, place
from timetrial.stacks.ports import free_port
from timetrial.stats.student import centre
from timetrial.workload import Expectation

HOST = "127.0.0.1"
HELLO = Expectation(200, "Hello world!")
CONNECTIONS = (50, 500)
PAIRS = 10
RUN_S = 2
CONFIDENCE = 0.95


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
    with TemporaryDirectory() as folder, _server(placement.server_cpus, Path(folder)) as server:
        print(f"{'connections':>11}  {'engine':>9}  {'wrk':>9}  requests per CPU-second")
        for connections in CONNECTIONS:
            port = server.launch.port
            cpus = placement.generator_cpus
            _report(connections, *_interleaved(connections, port, cpus))


def _interleaved(
    connections: int, port: int, cpus: tuple[int, ...]
) -> tuple[list[Reading], list[Reading]]:
    engine: list[Reading] = []
    wrk: list[Reading] = []
    for pair in range(PAIRS):
        turns: list[tuple[list[Reading], Callable[[], Reading]]] = [
            (engine, lambda: _engine(connections, port, cpus)),
            (wrk, lambda: _wrk(connections, port)),
        ]
        for readings, measure in turns if pair % 2 == 0 else reversed(turns):
            readings.append(measure())
    return engine, wrk


def _engine(connections: int, port: int, cpus: tuple[int, ...]) -> Reading:
    address = f"{HOST}:{port}"
    before_s = _cpu_s(resource.RUSAGE_SELF)
    session = NativeDriver(threads=1).open(
        [Target(address, address, "/", HELLO)], connections=connections, cpus=cpus, timeout_s=5
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


def _report(connections: int, engine: list[Reading], wrk: list[Reading]) -> None:
    ratios = [
        math.log(ours.requests_per_cpu_s / theirs.requests_per_cpu_s)
        for ours, theirs in zip(engine, wrk, strict=True)
    ]
    found = centre(ratios, CONFIDENCE)
    half_width = found.half_width or math.nan
    interval = " to ".join(f"{math.exp(found.mean + sign * half_width):.3f}" for sign in (-1, 1))
    print(
        f"{connections:>11}  {_median(engine):>9,.0f}  {_median(wrk):>9,.0f}  "
        f"ratio {math.exp(found.mean):.3f} [{interval}], {len(ratios)} pairs"
    )


def _median(readings: list[Reading]) -> float:
    ordered = sorted(reading.requests_per_cpu_s for reading in readings)
    return ordered[len(ordered) // 2]


def _cpu_s(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def _server(cpus: tuple[int, ...], folder: Path) -> process.RunningStack:
    environment = Environments(cache_dir()).prepare(["uvloop"], load_catalog().locks)
    port = free_port(HOST)
    script = Path(__file__).with_name("servers") / "hello.py"
    return process.start(
        Launch(
            stack="hello",
            command=(str(environment.python), str(script), HOST, str(port)),
            env={"PATH": os.environ["PATH"]},
            cwd=folder,
            host=HOST,
            port=port,
            cpus=cpus,
            probe=Probe("/", HELLO),
            start_timeout_s=20.0,
            log=folder / "server.log",
        )
    )


if __name__ == "__main__":
    main()
