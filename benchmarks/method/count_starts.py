"""Counts starts of six servers with the same app: the figures that `count_proof.py` judges.

Before the app each request goes through a loop: some starts have turns of it, whose cost is known
by others with very many. With `--loops 2` two endless loops run beside it all. Each start is kept
as soon as it is counted, and the same command goes on with those that are missing.
"""

from __future__ import annotations

import argparse
import os
import queue
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from counted import BUSY, CALIBRATION, QUIET, TURNS, Recording, Start, read, write
from foreign import hog
from recorded import DATA
from taking import benchmark, placement, suite
from timetrial.catalog.loader import load_catalog
from timetrial.features.counting.launches import Layout, Place, counted_launch
from timetrial.features.counting.requests import Repeats, requests_of
from timetrial.features.counting.start import count_start
from timetrial.machine.placement import available_cpus
from timetrial.machine.this_machine import read_machine
from timetrial.model import StackFailed
from timetrial.model.suite import Stack
from timetrial.runner.prepare import Prepared, prepare
from timetrial.runner.starter import probe_of
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.counters.choice import find_counter
from timetrial.stacks.counters.counter import Counter as InstructionCounter
from timetrial.stacks.environment import Environments

CATALOG = Path(__file__).parents[1] / "servers" / "counted"
SERVERS = (
    "gunicorn-sync", "gunicorn-gthread", "waitress", "granian-wsgi", "uvicorn", "granian-asgi",
)  # fmt: skip
APPS = {"wsgi": "turns-flask", "asgi": "turns-starlette"}
WORKLOAD = "json"
STARTS, CHANGED = 20, 8
MINUTES = 40.0
AT_ONCE = 2

Planned = tuple[str, int]
"""A start: of which server, with how many turns."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Count starts of servers with the same app.")
    parser.add_argument("--servers", default=",".join(SERVERS))
    parser.add_argument("--starts", type=int, default=STARTS, help="of each  [%(default)s]")
    parser.add_argument(
        "--changed", type=int, default=CHANGED, help="more, with turns of the loop  [%(default)s]"
    )
    parser.add_argument("--minutes", type=float, default=MINUTES, help="at most  [%(default)s]")
    parser.add_argument("--loops", type=int, default=0, help="endless ones beside it")
    parser.add_argument("--data", type=Path, default=DATA, help="where recordings are written")
    parser.add_argument("--quick", action="store_true", help="one start, to see that it works")
    given = parser.parse_args()
    servers = given.servers.split(",")
    if given.quick:
        servers, given.starts, given.changed = servers[:1], 1, 0
    until_s = time.monotonic() + 60 * given.minutes
    given.data.mkdir(exist_ok=True)
    kept = _Kept(given.data / (BUSY if given.loops else QUIET), given.loops)
    planned = list(missing(plan(servers, given.starts, given.changed), kept.recorded))
    sys.stderr.write(f"{len(planned)} starts, {given.minutes:g} min at most\n")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        recorder = _Recorder(_prepared(servers, Path(name)), Path(name), kept, until_s)
        for number in range(given.loops):
            stack.enter_context(hog(1.0, available_cpus(), number))
        recorder.record(planned)
    print(f"{sum(kept.recorded.values())} starts are in {kept.file}")
    return 0


def plan(servers: Sequence[str], starts: int, changed: int) -> Iterator[Planned]:
    """Take all servers in turns, those with turns of the loop in between."""
    for number in range(max(starts, changed)):
        for server in servers:
            if number < starts:
                yield server, 0
            if number < changed:
                yield server, TURNS
            if number == 0 and changed:
                yield server, CALIBRATION


def missing(planned: Iterator[Planned], recorded: Counter[Planned]) -> Iterator[Planned]:
    left = recorded.copy()
    for each in planned:
        if left[each] > 0:
            left[each] -= 1
        else:
            yield each


@dataclass(slots=True)
class _Kept:
    """The file of a recording, which grows start by start."""

    file: Path
    loops: int
    starts: dict[str, dict[int, list[Start]]] = field(init=False, default_factory=dict)
    failures: list[str] = field(init=False, default_factory=list)
    _conditions: Mapping[str, Any] = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        machine = read_machine(placement())
        self._conditions = {
            "began": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
            "kernel": machine.kernel,
            "cpu": machine.cpu_model,
            "cores": machine.cores,
            "loops": self.loops,
            "at_once": AT_ONCE,
        }
        if self.file.exists():
            before = read(self.file)
            self._conditions = before.conditions
            self.failures += before.failures
            for server, by_turns in before.starts.items():
                self.starts[server] = {turns: list(of) for turns, of in by_turns.items()}

    @property
    def recorded(self) -> Counter[Planned]:
        return Counter(
            {
                (server, turns): len(of)
                for server, by_turns in self.starts.items()
                for turns, of in by_turns.items()
            }
        )

    def keep(self, planned: Planned, start: Start) -> None:
        server, turns = planned
        with self._lock:
            self.starts.setdefault(server, {}).setdefault(turns, []).append(start)
            self._write()

    def keep_failure(self, planned: Planned, failed: StackFailed) -> None:
        with self._lock:
            self.failures.append(f"{_name(*planned)}: {failed.phase}: {failed.reason}")
            self._write()

    def _write(self) -> None:
        write(Recording(self.starts, self._conditions, self.failures), self.file)


def _name(server: str, turns: int) -> str:
    return f"{server} +{turns}"


def _prepared(servers: Sequence[str], folder: Path) -> Prepared:
    catalog = load_catalog(CATALOG)
    stacks, benchmarks = [], []
    for server in servers:
        interface = catalog.server(server).interface
        app = APPS[interface]
        for turns in (0, TURNS, CALIBRATION):
            # As long for all: the length of the environment moves what is on the stack.
            env = {"TURNS": f"{turns:05}"}
            name = _name(server, turns)
            stacks.append(Stack(name, server, app, interface, 1, 4, env))
            work = catalog.app(app).workloads[WORKLOAD]
            benchmarks.append(benchmark(name, [name], work, "alternate"))
    wanted = suite("counted", stacks, benchmarks, 1)
    prepared = prepare(wanted, catalog, Environments(cache_dir()), folder, lambda _: None)
    for name, failed in prepared.not_installed.items():
        raise SystemExit(f"{name}: {failed}")
    return prepared


class _Recorder:
    """Counts starts, two at a time, as long as there is time."""

    def __init__(self, prepared: Prepared, folder: Path, kept: _Kept, until_s: float) -> None:
        self._prepared = prepared
        self._folder = folder
        self._kept = kept
        self._until_s = until_s
        self._counter: InstructionCounter = find_counter()[0]
        self._lanes: queue.SimpleQueue[int] = queue.SimpleQueue()

    def record(self, planned: Sequence[Planned]) -> None:
        cpus = available_cpus()[:AT_ONCE]
        for cpu in cpus:
            self._lanes.put(cpu)
        with ThreadPoolExecutor(len(cpus)) as pool:
            list(pool.map(self._count, planned, range(len(planned))))

    def _count(self, planned: Planned, number: int) -> None:
        if time.monotonic() > self._until_s:
            return
        cpu, began_s, load = self._lanes.get(), time.monotonic(), os.getloadavg()[0]
        try:
            start = self._counted(planned, number, cpu, began_s, load)
        except StackFailed as failed:
            self._kept.keep_failure(planned, failed)
            sys.stderr.write(f"{number} {_name(*planned)}: {failed}\n")
            return
        finally:
            self._lanes.put(cpu)
        self._kept.keep(planned, start)
        said = f"{start.instructions:,.0f} in {start.took_s:.0f} s, load {load:.1f}"
        sys.stderr.write(f"{number} {_name(*planned)}: {said}\n")

    def _counted(
        self, planned: Planned, number: int, cpu: int, began_s: float, load: float
    ) -> Start:
        stack = self._prepared.stacks[_name(*planned)]
        workload = stack.app.workloads[WORKLOAD]
        where = self._folder / f"counted-{number}"
        launch = counted_launch(
            stack,
            probe_of(workload.steps[0], stack.stack),
            Place(cpu, where.with_suffix(".log")),
            Layout.by_chance(),
        )
        requests = requests_of(workload, stack.stack)
        figures = count_start(launch, self._counter, where, requests, Repeats(), threading.Event())
        (figure,) = figures.values()
        return Start(
            round(figure.instructions, 1),
            round(figure.system_calls, 2),
            None if figure.beside_probing is None else round(figure.beside_probing, 1),
            round(time.monotonic() - began_s, 2),
            round(load, 2),
        )


if __name__ == "__main__":
    sys.exit(main())
