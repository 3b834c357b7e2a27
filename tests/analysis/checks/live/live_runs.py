"""Real runs of the command line, with servers that have faults and with other processes at work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from other_processes import disturbed
from timetrial.analysis.summarize import summarize
from timetrial.machine.placement import Placement, available_cpus, physical_cores, place
from timetrial.model.finding import Finding
from timetrial.model.run import Run
from timetrial.model.summary import Row, Table
from timetrial.store.store import Store

PROGRAM = Path(sys.executable).with_name("timetrial")
SERVER = Path(__file__).with_name("faulty_server.py")
RUN = ("run", "live", "--catalog", "own", "--seed", "1", "--progress", "events")
AT_MOST_S = 500.0
"""A machine on which others work takes many times as long as this needs by itself."""
APP = """
name = "{name}"
title = "A server with a fault"
packages = []
env = {{ {env} }}
{services}

[program]
command = ["{{bin}}/python", "-I", "-S", "{server}", "{{port}}", "{{workers}}"]
keep_alive = true
shares_port = false
workers = {{ default = 1, max = 2 }}
threads = {{ default = 1, max = 1 }}
{python}

[workloads.hello]
path = "/hello"
expect = {{ body = "Hello world!" }}

[workloads.patient]
path = "/patient"
wait_ms = 200
expect = {{ body = "Hello world!" }}
"""
SUITE = """
name = "live"
title = "Faults"
rounds = {rounds}
warm_up = {{ requests = 50, at_most_s = 0.5, at_least_s = 0.1 }}
{stacks}
{benchmarks}
"""
STACK = """
[[stacks]]
name = "{name}"
app = "{app}"
workers = {workers}
env = {{ FAULT = "{fault}", COUNTER = "{counter}" }}
"""
SHORT_WINDOWS = """
[[benchmarks]]
workload = "hello"
connections = 8
timeout_s = 1
window_ms = 150
lead_in_ms = 30
windows = 4
"""
SPIN = "while True: pass"


@dataclass(frozen=True, slots=True)
class Faulty:
    """A stack with a fault of `faulty_server.py`, which names it."""

    fault: str
    workers: int = 1
    app: str = "faulty"

    def manifest(self, counter: Path) -> str:
        return STACK.format(
            name=self.fault, app=self.app, workers=self.workers, fault=self.fault, counter=counter
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What a run says."""

    run: Run
    tables: tuple[Table, ...]

    def table(self, benchmark: str = "hello") -> Table:
        return next(table for table in self.tables if table.benchmark.name == benchmark)

    def findings(self, stack: str, benchmark: str = "hello") -> dict[str, Finding]:
        own = (finding for finding in self.table(benchmark).findings if finding.cell.stack == stack)
        return {finding.name: finding for finding in own}

    def is_disturbed(self, stack: str, benchmark: str = "hello") -> bool:
        """Whether the run itself says that other processes had a part in these figures."""
        return disturbed(self.table(benchmark).findings, stack)

    def has_none(self, names: Iterable[str], stack: str, benchmark: str = "hello") -> bool:
        """Whether no such finding is there, or one that other processes may have caused."""
        found = self.findings(stack, benchmark).keys() & {*names}
        return not found or self.is_disturbed(stack, benchmark)

    def row(self, stack: str, benchmark: str = "hello") -> Row:
        return next(row for row in self.table(benchmark).rows if row.stack.name == stack)


def measured(
    folder: Path,
    stacks: Sequence[Faulty],
    benchmarks: str = SHORT_WINDOWS,
    *,
    rounds: int = 2,
    lead: Sequence[str] = (),
) -> Told:
    """Measure stacks with faults; `lead` goes before the command."""
    with Underway(folder, stacks, benchmarks, rounds=rounds, lead=lead):
        pass
    return told(folder)


class Underway:
    """A run that goes on, until its `with` block ends and it has ended, too."""

    def __init__(
        self,
        folder: Path,
        stacks: Sequence[Faulty],
        benchmarks: str,
        *,
        rounds: int,
        lead: Sequence[str] = (),
    ) -> None:
        _write(folder, stacks, benchmarks, rounds)
        self._process = subprocess.Popen(
            [
                *lead,
                str(PROGRAM),
                *["run", "live", "--catalog", "own", "--seed", "1", "--progress", "events"],
            ],
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder), "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self.events: list[dict[str, object]] = []
        self._said: list[str] = []
        self._reading = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._reading.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        try:
            self._process.wait(AT_MOST_S)
        finally:
            self._process.kill()
            self._process.wait()
            self._reading.join()
            if self._process.stderr:
                self._process.stderr.close()
        assert self._process.returncode in {0, 3}, self._said

    def await_event(self, name: str, **content: object) -> None:
        """Wait for an event of this name, with this content."""
        deadline, wanted = time.monotonic() + AT_MOST_S, {"event": name, **content}.items()
        while not any(wanted <= event.items() for event in tuple(self.events)):
            assert time.monotonic() < deadline, self._said
            assert self._process.poll() is None, self._said
            time.sleep(0.01)

    def _read(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._said.append(line)
            if line.startswith("{"):
                self.events.append(json.loads(line))


def told(folder: Path) -> Told:
    with Store.open(folder / "timetrial.db") as store:
        run = store.load("latest")
    return Told(run, summarize(run).tables)


def placement() -> Placement:
    cpus = available_cpus()
    placed = place(cpus, physical_cores(cpus))
    if set(placed.server_cpus) & set(placed.generator_cpus):
        pytest.skip("needs two CPUs")
    return placed


@contextmanager
def hogs(cpus: Sequence[int], number: int = 2) -> Iterator[None]:
    """Let other processes spin on CPUs."""
    started = [
        subprocess.Popen([sys.executable, "-I", "-S", "-c", SPIN])
        for _ in range(number * len(cpus))
    ]
    try:
        for place_, process in enumerate(started):
            os.sched_setaffinity(process.pid, {cpus[place_ % len(cpus)]})
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def _write(folder: Path, stacks: Sequence[Faulty], benchmarks: str, rounds: int) -> None:
    counter = folder / "starts"
    suite = SUITE.format(
        rounds=rounds,
        stacks="".join(stack.manifest(counter) for stack in stacks),
        benchmarks=benchmarks,
    )
    others = [each for each in ("3.12", "3.11", "3.13") if each != f"3.{sys.version_info[1]}"]
    older, database = f"python = {others}", 'services = ["fake-database"]'
    files = {
        "suites/live.toml": suite,
        "apps/faulty/app.toml": _app("faulty"),
        "apps/older/app.toml": _app("older", python=older),
        "apps/backed/app.toml": _app(
            "backed", services=database, env='DATABASE = "{fake_database_url}"'
        ),
    }
    for name, text in files.items():
        file = folder / "own" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _app(name: str, *, env: str = "", services: str = "", python: str = "") -> str:
    return APP.format(name=name, env=env, services=services, python=python, server=SERVER)
