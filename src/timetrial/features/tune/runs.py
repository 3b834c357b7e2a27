"""The runs that a search is made of: each kept in the store, like any other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from timetrial.catalog.registry import Catalog
from timetrial.drivers.driver import DuetDriver
from timetrial.features.race.race_preparation import RacePlan, qualify_servers
from timetrial.features.tune.grid import Candidate
from timetrial.features.tune.suites import LOADED, TuningTarget, rung_suite
from timetrial.machine.clock import MACHINE_CLOCK, Clock
from timetrial.machine.cpu_affinity import confined_to
from timetrial.machine.placement import Placement
from timetrial.machine.speed_probe import SpeedProbe
from timetrial.machine.this_machine import read_machine
from timetrial.model import (
    DraftSuite,
    Machine,
    Observer,
    RaceInfo,
    Run,
    StackFailed,
    Suite,
    Workload,
)
from timetrial.model.plan import plan
from timetrial.project.versions.matrix import replaced
from timetrial.runner.config_probe import real_probe
from timetrial.runner.execute import measure_in_groups
from timetrial.runner.machine_checks import check_machine
from timetrial.runner.prepare import Prepared, prepare
from timetrial.runner.run_context import ConfigProbe, RunContext
from timetrial.runner.starter import RealStarter, Starter
from timetrial.stacks.environment import EnvironmentMaker
from timetrial.stacks.launch_builder import PreparedStack
from timetrial.stacks.services.services import Services
from timetrial.store.store import Store


@dataclass(frozen=True, slots=True)
class Installed:
    """The servers of a target that are ready to be started; and why others are not."""

    servers: Mapping[str, PreparedStack]
    """By the server's name."""
    missing: Mapping[str, StackFailed]


def install(
    target: TuningTarget,
    catalog: Catalog,
    environments: EnvironmentMaker,
    work_dir: Path,
    observer: Observer,
) -> Installed:
    """Make the environment of each server once, and set up the app.

    `catalog` has the target's app. Raises BadInput where that cannot be imported.
    """
    suite = named_by_server(target)
    prepared = prepare(suite, catalog, environments, work_dir, observer)
    return Installed(prepared.stacks, prepared.not_installed)


def named_by_server(target: TuningTarget) -> DraftSuite:
    """Take the first candidate of each server."""
    candidates = target.grid.candidates
    firsts = [next(c for c in candidates if c.server == name) for name in target.servers]
    suite = rung_suite(target, "", firsts, firsts[0], rounds=1, at_once=len(firsts))
    stacks = {
        stack.name: (dataclasses.replace(stack, name=stack.server),) for stack in suite.stacks
    }
    return replaced(suite, stacks)


@dataclass(frozen=True, slots=True)
class Starts:
    """How the stacks of one run are started."""

    start: Starter
    probe: ConfigProbe


MakeStarts = Callable[[Suite, Prepared, tuple[int, ...], Path], Starts]
"""Called with the run's suite, its prepared stacks, the servers' CPUs, and a folder of the run."""


def real_starts(suite: Suite, prepared: Prepared, cpus: tuple[int, ...], work_dir: Path) -> Starts:
    """Start real servers."""
    return Starts(
        RealStarter(suite, prepared, cpus, work_dir, {}),
        real_probe(suite, prepared, cpus, work_dir),
    )


@dataclass
class TuningRuns:
    """Measures suites for a search, each as a run of the store."""

    store: Store
    installed: Installed
    placement: Placement
    driver: DuetDriver
    work_dir: Path
    observer: Observer
    seed: int
    services: Services = dataclasses.field(default_factory=Services)
    clock: Clock = MACHINE_CLOCK
    machine: Machine | None = None
    starts: MakeStarts = real_starts
    speed_probe: SpeedProbe | None = None

    def __call__(self, suite: Suite, ends_s: float, *, look: bool = False) -> Run:
        prepared = self._prepared(suite)
        number = self._create(suite, prepared)
        # Stacks of the same name come again in the next run.
        work_dir = self.work_dir / f"run-{number}"
        starts = self.starts(suite, prepared, self.placement.server_cpus, work_dir)
        run_context = RunContext(
            store=self.store,
            driver=self.driver,
            start=starts.start,
            not_installed=prepared.not_installed,
            generator_cpus=self.placement.generator_cpus,
            observer=self.observer,
            services=self.services,
            probe=starts.probe if look else None,
            clock=self.clock,
            speed_probe=self.speed_probe,
        )
        with confined_to(self.placement.generator_cpus):
            return measure_in_groups(
                number, run_context, lambda next_s: self.clock.now_s() + next_s >= ends_s
            )

    def for_real(self, target: TuningTarget, candidate: Candidate) -> tuple[Suite, Prepared]:
        """Return a suite of one candidate with its environment, to say how it is deployed."""
        suite = rung_suite(target, "", (candidate,), candidate, rounds=1)
        return suite, self._prepared(suite)

    def _prepared(self, suite: Suite) -> Prepared:
        servers, missing = self.installed.servers, self.installed.missing
        stacks = {
            stack.name: dataclasses.replace(servers[stack.server], stack=stack)
            for stack in suite.stacks
            if stack.server in servers
        }
        absent = {
            stack.name: missing[stack.server]
            for stack in suite.stacks
            if stack.server not in servers
        }
        return Prepared(stacks, absent)

    def _create(self, suite: Suite, prepared: Prepared) -> int:
        if self.machine is None:
            # All runs of a search are taken within minutes: one look at the machine is enough.
            self.machine = dataclasses.replace(
                read_machine(self.placement), machine_checks=check_machine(suite, self.placement)
            )
        self.seed += 1
        return self.store.create_run(
            plan(suite, self.seed),
            self.machine,
            [stack.facts() for stack in prepared.stacks.values()],
            metadata.version("timetrial"),
            datetime.now(UTC).isoformat(timespec="seconds"),
        )


def agreed(  # noqa: PLR0913, PLR0917 - what a start is made of
    plan: RacePlan,
    target: TuningTarget,
    installed: Installed,
    cpus: tuple[int, ...],
    work_dir: Path,
    observer: Observer,
) -> tuple[TuningTarget, tuple[str, ...]]:
    """Start each server once, and expect its responses of all its settings.

    Returns the target without variants that cannot serve, and notes. Raises AppFailed and
    BadInput as a race does, and StackFailed where the server itself cannot serve.
    """
    suite = named_by_server(target)
    race_info = RaceInfo(target.app.name, plan.project.framework, str(plan.project.root), LOADED)
    suite = dataclasses.replace(suite, race_info=race_info)
    prepared = Prepared(installed.servers, installed.missing)
    if target.server in installed.missing:
        raise installed.missing[target.server]
    start = RealStarter(suite, prepared, cpus, work_dir, {}, any_answer=True)
    qualified = qualify_servers(plan, suite, prepared, start, observer)
    here = {stack.server for stack in qualified.stacks}
    qualified_info = qualified.race_info or race_info
    left_out = [
        f"{server.server} was left out: {server.why}." for server in qualified_info.excluded_servers
    ]
    if target.server not in here:
        raise StackFailed("start", left_out[0].rstrip("."))
    return _without(target, here, qualified.benchmarks[0].workload), (
        *qualified_info.notes,
        *left_out,
    )


def _without(target: TuningTarget, here: set[str], workload: Workload) -> TuningTarget:
    grid = target.grid
    candidates = tuple(candidate for candidate in grid.candidates if candidate.server in here)
    return dataclasses.replace(
        target,
        servers={name: server for name, server in target.servers.items() if name in here},
        grid=dataclasses.replace(grid, candidates=candidates),
        workload=workload,
    )
