"""Takes rounds by the runner that people use, for so many minutes at most."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from foreign import Foreign, hog
from recorded import DATA, Recording, of_run, write
from timetrial.catalog.loader import load_catalog
from timetrial.drivers.native import NativeDriver
from timetrial.machine.cpu_affinity import confined_to
from timetrial.machine.cpu_groups import EqualShares, equal_shares
from timetrial.machine.placement import Placement, available_cpus, physical_cores, place
from timetrial.machine.speed_probe import Refused, SpeedProbe, open_probe
from timetrial.machine.this_machine import read_machine
from timetrial.model.events import Event, StackStarting
from timetrial.model.load import ClosedLoad
from timetrial.model.plan import plan
from timetrial.model.run import Run, StackFacts
from timetrial.model.suite import Benchmark, Mode, Stack, Suite, WarmUp
from timetrial.model.workload import Workload
from timetrial.runner.execute import execute
from timetrial.runner.prepare import prepare
from timetrial.runner.run_context import RunContext
from timetrial.runner.starter import RealStarter, Starter
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.environment import Environments
from timetrial.store.store import Store

WINDOW_S = 0.1
LEAD_IN_S = 0.03
WINDOWS = 4
CONNECTIONS = 16
WARM_UP = WarmUp(requests=1_000, at_most_s=1.0, at_least_s=0.25)
QUIET = Foreign()
QUICK_ROUNDS = 2
QUICK_MINUTES = 0.5

Start = Callable[[Path], Starter]
"""Makes what starts stacks; its argument is a folder for logs and data."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the command line says to every script that takes rounds."""

    rounds: int
    minutes: float
    seed: int
    data: Path
    began_s: float
    """When the minutes began, by the monotonic clock: what comes before the rounds counts."""

    @property
    def passed_s(self) -> float:
        return time.monotonic() - self.began_s

    @property
    def left_s(self) -> float:
        return 60 * self.minutes - self.passed_s


class _TimeUp(Exception):  # noqa: N818 - it is no error
    """The minutes are over."""


def arguments(what: str, *, rounds: int, minutes: float) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--rounds", type=int, default=rounds, help="at most  [%(default)s]")
    parser.add_argument("--minutes", type=float, default=minutes, help="at most  [%(default)s]")
    parser.add_argument("--seed", type=int, default=1, help="of every order  [%(default)s]")
    parser.add_argument("--data", type=Path, default=DATA, help="where recordings are written")
    parser.add_argument("--quick", action="store_true", help="two rounds, to see that it works")
    return parser


def bounds(given: argparse.Namespace) -> Bounds:
    rounds, minutes = given.rounds, given.minutes
    if given.quick:
        rounds, minutes = min(rounds, QUICK_ROUNDS), QUICK_MINUTES
    found = Bounds(rounds, minutes, given.seed, given.data, time.monotonic())
    sys.stderr.write(f"{Path(sys.argv[0]).name}: {minutes:g} min at most, into {given.data}\n")
    return found


@cache
def placement() -> Placement:
    """Return the one placement of this process: who asks while it is confined gets the same."""
    cpus = available_cpus()
    return place(cpus, physical_cores(cpus))


def benchmark(name: str, stacks: Sequence[str], workload: Workload, mode: Mode) -> Benchmark:
    return Benchmark(
        name, workload, ClosedLoad(CONNECTIONS), tuple(stacks), WINDOW_S, LEAD_IN_S, WINDOWS, mode
    )


def suite(
    name: str, stacks: Sequence[Stack], benchmarks: Sequence[Benchmark], rounds: int
) -> Suite:
    return Suite(name, name, tuple(stacks), tuple(benchmarks), rounds, WARM_UP)


def from_catalog(wanted: Suite) -> Start:
    """Start the catalog's servers, in the environments that a run would give them."""

    def make(folder: Path) -> Starter:
        environments = Environments(cache_dir())
        prepared = prepare(wanted, load_catalog(), environments, folder, _silent)
        for name, failed in prepared.not_installed.items():
            raise SystemExit(f"{name}: {failed}")
        return RealStarter(wanted, prepared, placement().server_cpus, folder, {})

    return make


def take(
    wanted: Suite,
    start: Start,
    within: Bounds,
    *,
    foreign: Foreign = QUIET,
    share_evenly: EqualShares = equal_shares,
) -> Recording:
    """Take as many rounds as the minutes allow, with or without a hog on one of the CPUs."""
    return of_run(*take_run(wanted, start, within, foreign=foreign, share_evenly=share_evenly))


def take_run(
    wanted: Suite,
    start: Start,
    within: Bounds,
    *,
    foreign: Foreign = QUIET,
    share_evenly: EqualShares = equal_shares,
) -> tuple[Run, Mapping[str, Any]]:
    """Do so, and return all that was measured, and the conditions."""
    where = placement()
    cpus = where.generator_cpus if foreign.on == "generator" else where.server_cpus
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name, Store.open(Path(name) / "rounds.db") as store:
        number = store.create_run(plan(wanted, within.seed), read_machine(where), _NO_FACTS, "", "")
        bench = RunContext(
            store=store,
            driver=NativeDriver(),
            start=start(Path(name)),
            not_installed={},
            generator_cpus=where.generator_cpus,
            observer=_Told(wanted, within),
            share_evenly=share_evenly,
            speed_probe=_speed_probe(where),
        )
        with confined_to(where.generator_cpus), hog(foreign.duty, cpus, within.seed):
            try:
                execute(number, bench)
            except _TimeUp:
                sys.stderr.write(f"{wanted.name}: the time is up\n")
        run = store.load(number)
    for failure in run.failures[:1]:
        said = f"{failure.stack} failed: {failure.reason}\n{failure.log_tail}\n"
        sys.stderr.write(f"{len(run.failures)} failures, the first: {said}")
    conditions: Mapping[str, Any] = {
        "taken": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
        "kernel": run.machine.kernel,
        "cpu": run.machine.cpu_model,
        "cores": run.machine.cores,
        "load_before": round(load_before, 2),
        "foreign": foreign.duty,
        "foreign_on": foreign.on if foreign.duty else None,
        "seed": within.seed,
        "equal_shares": sorted({str(m.equal_shares) for m in run.measurements}),
    }
    return run, conditions


def _speed_probe(where: Placement) -> SpeedProbe | None:
    try:
        return open_probe(where)
    except Refused as refused:
        sys.stderr.write(f"there is no speed probe: {refused.reason}\n")
        return None


def keep(recording: Recording, file: Path) -> None:
    write(recording, file)
    print(f"{len(recording.rounds)} rounds are in {file}")


_NO_FACTS: list[StackFacts] = []


def _silent(_event: Event) -> None:
    """Take no notice."""


class _Told:
    """Says which round begins and how long the rest may take, and ends it when time is up."""

    def __init__(self, wanted: Suite, within: Bounds) -> None:
        self._suite = wanted
        self._within = within
        self._began_s = time.monotonic()
        self._round = 0

    def __call__(self, event: Event) -> None:
        if not isinstance(event, StackStarting) or event.round == self._round:
            return
        done = event.round - 1
        round_s = (time.monotonic() - self._began_s) / done if done else 0.0
        left_s = self._within.left_s
        if done and round_s > left_s:
            raise _TimeUp
        self._round = event.round
        left = ""
        if done:
            still_s = min(round_s * (self._suite.rounds - done), left_s)
            left = f", about {still_s / 60:.1f} min left"
        place_ = f"round {event.round} of at most {self._suite.rounds}"
        sys.stderr.write(f"{self._suite.name}: {place_}{left}\n")
