"""What verbs that measure have in common: how long, where, with what, and what an end means."""

from __future__ import annotations

import dataclasses
import secrets
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import FrameType

from timetrial.catalog.registry import Catalog
from timetrial.cli.exits import Exit
from timetrial.cli.options import cache_dir
from timetrial.cli.output import PROGRESS, error_line, log_lines
from timetrial.cli.progress import RunProgress
from timetrial.cli.stores import open_store
from timetrial.drivers.choice import INSTALLABLE, find_tool
from timetrial.drivers.driver import Driver
from timetrial.drivers.native import NativeDriver
from timetrial.errors import BadInput, ServiceFailed
from timetrial.events import EnvironmentBuilding
from timetrial.goal import Budget, Precision, Watch
from timetrial.plan import plan
from timetrial.run import Run
from timetrial.runner.bench import Bench
from timetrial.runner.confine import confined_to
from timetrial.runner.execute import execute
from timetrial.runner.look import real_look
from timetrial.runner.pace import MOST_ROUNDS, most_rounds
from timetrial.runner.pilot import with_rates
from timetrial.runner.preflight import look_at_machine
from timetrial.runner.prepare import Prepared
from timetrial.runner.starter import real_starter
from timetrial.services.services import Services, running_services
from timetrial.services.speaker import Access
from timetrial.stacks.environment import Environments
from timetrial.stacks.machine import read_machine
from timetrial.stacks.placement import Placement, available_cpus, physical_cores, place
from timetrial.stacks.ports import require_free
from timetrial.stacks.prepare import HOST
from timetrial.stats.design import LOOKS
from timetrial.stopping import ended_by_user
from timetrial.store.store import Store
from timetrial.suite import Suite
from timetrial.tool import DriverName

HIGHEST_PORT = 65_535

EndedBy = KeyboardInterrupt | ServiceFailed | None
"""What put an end to measuring before it was done."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What is open while a run is prepared and measured."""

    store: Store
    folder: Path
    """For what lasts no longer than the run."""
    progress: RunProgress
    placement: Placement

    def services(
        self, suite: Suite, catalog: Catalog, external: Mapping[str, Access]
    ) -> AbstractContextManager[Services]:
        """Have the suite's services run."""
        return running_services(
            suite.services,
            catalog,
            Environments(cache_dir()),
            work_dir=self.folder,
            cpus=self.placement.generator_cpus,
            external=external,
            observer=self.progress,
        )

    def bench(
        self,
        suite: Suite,
        prepared: Prepared,
        services: Services,
        *,
        tools: Mapping[DriverName, Driver] | None = None,
        ports: Mapping[str, int] | None = None,
    ) -> Bench:
        """Lay out what the suite is measured with."""
        cpus = self.placement.server_cpus
        return Bench(
            store=self.store,
            driver=NativeDriver(),
            start=real_starter(suite, prepared, cpus, self.folder, ports or {}),
            not_installed=prepared.not_installed,
            generator_cpus=self.placement.generator_cpus,
            observer=self.progress,
            services=services,
            tools=tools or {},
            look=real_look(suite, prepared, cpus, self.folder),
        )

    def tools(
        self, names: Sequence[DriverName], environments: Environments
    ) -> Mapping[DriverName, Driver]:
        """Find load tools, or install them."""
        found: dict[DriverName, Driver] = {}
        for name in names:
            if name in INSTALLABLE:
                self.progress(EnvironmentBuilding(name, 1, 1))
            found[name] = find_tool(name, environments)
        return found

    def create(self, suite: Suite, seed: int | None, prepared: Prepared, bench: Bench) -> int:
        """Find the rates that are yet to be found, and store the plan; return the run's number."""
        seed = secrets.randbelow(2**32) if seed is None else seed
        machine = read_machine(self.placement)
        with confined_to(self.placement.generator_cpus):
            suite = with_rates(suite, bench, machine, seed)
        machine = dataclasses.replace(machine, preflight=look_at_machine(suite, self.placement))
        return self.store.create_run(
            plan(suite, seed),
            machine,
            [each.facts() for each in prepared.stacks.values()],
            metadata.version("timetrial"),
            datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def measure(self, number: int, bench: Bench) -> tuple[Run, EndedBy]:
        """Measure what the run lacks, and tell what put an end to that, if anything did."""
        try:
            with confined_to(self.placement.generator_cpus):
                return execute(number, bench), None
        except (KeyboardInterrupt, ServiceFailed) as reason:
            run = self.store.load(number)
            if isinstance(reason, KeyboardInterrupt) and (stops := ended_by_user(run)):
                for stop in stops:
                    self.store.add_stop(number, stop)
                return self.store.load(number), None
            return run, reason


@contextmanager
def open_workshop(store: str, placement: Placement) -> Iterator[Workshop]:
    """Open a store and a folder; SIGTERM does what Ctrl-C does from here on."""
    with (
        terminated_like_interrupted(),
        open_store(store) as opened,
        tempfile.TemporaryDirectory(prefix="timetrial-") as folder,
        RunProgress(PROGRESS) as progress,
    ):
        yield Workshop(opened, Path(folder), progress, placement)


def placed() -> Placement:
    """Divide the CPUs that there are."""
    cpus = available_cpus()
    return place(cpus, physical_cores(cpus))


def outcome(finished: Run, ended_by: EndedBy, resumption: str) -> int:
    """Say what cut a run short, with the command that goes on; return the exit code."""
    if ended_by is None:
        return Exit.FAILED if finished.undeclared_failures() else Exit.DONE
    error_line(f"{str(ended_by) or 'interrupted'}; go on with: {resumption}")
    if isinstance(ended_by, ServiceFailed):
        log_lines(ended_by.log_tail)
        return Exit.FAILED
    return Exit.INTERRUPTED


def check_one_length(*given: float | None, watch: bool | None = None) -> None:
    """Raise BadInput for more than one wish; `watch` is None for verbs that have no such option."""
    if sum(each is not None for each in given) + bool(watch) > 1:
        last = "--precision and --budget" if watch is None else "--precision, --budget and --watch"
        raise BadInput(f"--rounds, {last} each say when to stop: give one of them")


def as_long_as(
    suite: Suite,
    rounds: int | None,
    precision: float | None,
    budget: Budget | None,
    *,
    watch: bool = False,
) -> Suite:
    """Set when the run stops; without a wish, after the rounds of the suite."""
    if watch:
        return dataclasses.replace(suite, rounds=MOST_ROUNDS, goal=Watch())
    if precision is not None:
        return dataclasses.replace(suite, rounds=LOOKS[-1], goal=Precision(precision))
    if budget is not None:
        most = max(most_rounds(suite, budget.seconds), budget.at_least_rounds)
        return dataclasses.replace(suite, rounds=most, goal=budget)
    return dataclasses.replace(suite, rounds=rounds) if rounds else suite


def ports_from(suite: Suite, first: int | None) -> dict[str, int]:
    """Give each stack a port of its own from `first` on; none where any free one will do."""
    if first is None:
        return {}
    ports = {stack.name: first + index for index, stack in enumerate(suite.stacks)}
    if max(ports.values()) > HIGHEST_PORT:
        raise BadInput(f"{len(ports)} ports from {first} on go beyond {HIGHEST_PORT}")
    for port in ports.values():
        require_free(HOST, port)
    return ports


@contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does: stop all servers, keep and show what was measured."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
