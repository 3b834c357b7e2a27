"""A session: the store, the folder and the CPUs with which runs are prepared and measured."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from timetrial.analysis.stopping import ended_by_user
from timetrial.catalog.registry import Catalog
from timetrial.drivers.choice import TOOLS
from timetrial.drivers.driver import Driver
from timetrial.drivers.native import NativeDriver
from timetrial.machine.cpu_affinity import confined_to
from timetrial.machine.own_folder import OwnFolder
from timetrial.machine.placement import Placement, available_cpus, physical_cores, place
from timetrial.machine.ports import HIGHEST_PORT, require_free
from timetrial.machine.speed_probe import SpeedProbe, as_before, asked_for
from timetrial.machine.this_machine import read_machine
from timetrial.model import (
    FULL_DISK,
    BadInput,
    DiskFull,
    DraftSuite,
    DriverName,
    EnvironmentBuilding,
    Observer,
    Run,
    ServiceFailed,
    StoreError,
    Suite,
    TimetrialError,
)
from timetrial.model.plan import plan
from timetrial.runner.config_probe import real_probe
from timetrial.runner.execute import execute
from timetrial.runner.machine_checks import check_machine
from timetrial.runner.pilot import resolved
from timetrial.runner.prepare import Prepared
from timetrial.runner.run_context import RunContext
from timetrial.runner.starter import LiveStack, RealStarter, with_seed
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.environment import Environments
from timetrial.stacks.launch_builder import HOST
from timetrial.stacks.services.client import Access
from timetrial.stacks.services.services import Services, running_services
from timetrial.store.opening import open_store
from timetrial.store.secrets import Secrets, SecretStore
from timetrial.store.store import Store

EndedBy = Literal["interrupted"] | ServiceFailed | StoreError | DiskFull | None
"""What ended a run before its stop rule was met."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A run as it is stored, and what ended it early, if anything."""

    run: Run
    ended_by: EndedBy

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows of the run."""
        return self.run._repr_html_()


@dataclass(frozen=True, slots=True)
class Session:
    """An open store, a folder, an observer and the CPUs of servers and load generator."""

    store: Store
    folder: Path
    """A folder for files that last no longer than the run."""
    observer: Observer
    placement: Placement
    speed_probe: SpeedProbe | None = None
    reads_speed: bool | None = None
    """None: as the run does that goes on."""

    def services(
        self, suite: DraftSuite, catalog: Catalog, external: Mapping[str, Access]
    ) -> AbstractContextManager[Services]:
        """Start the suite's services; `external` are those of the user's, by name."""
        return running_services(
            suite.services,
            catalog,
            Environments(cache_dir()),
            work_dir=self.folder,
            cpus=self.placement.generator_cpus,
            external=external,
            observer=self.observer,
        )

    def context(  # noqa: PLR0913 - what is measured, and with what
        self,
        suite: DraftSuite,
        prepared: Prepared,
        services: Services,
        *,
        tools: Mapping[DriverName, Driver] | None = None,
        ports: Mapping[str, int] | None = None,
        held: Secrets | None = None,
    ) -> RunContext:
        """Return the context in which the suite is measured.

        Its store keeps out of what it writes the secrets that are `held`, and has them in the plans
        that it reads; without `held`, nothing of the plan is secret.
        """
        cpus = self.placement.server_cpus
        return RunContext(
            store=self.store if held is None else SecretStore(self.store, held),
            driver=NativeDriver(),
            start=RealStarter(suite, prepared, cpus, self.folder, ports or {}),
            not_installed=prepared.not_installed,
            generator_cpus=self.placement.generator_cpus,
            observer=self.observer,
            services=services,
            tools=tools or {},
            probe=real_probe(suite, prepared, cpus, self.folder),
            speed_probe=self.speed_probe,
        )

    def tools(
        self, names: Sequence[DriverName], environments: Environments
    ) -> Mapping[DriverName, Driver]:
        """Find load tools, or install them."""
        drivers: dict[DriverName, Driver] = {}
        for name in names:
            building = partial(self.observer, EnvironmentBuilding(name, 1, 1))
            drivers[name] = TOOLS[name].find(environments, building)
        return drivers

    def create(  # noqa: PLR0913 - what is measured, with what, and what is known of it
        self,
        draft: DraftSuite,
        seed: int | None,
        prepared: Prepared,
        context: RunContext,
        *,
        up: Mapping[str, LiveStack] = MappingProxyType({}),
        fitted: Callable[[Suite], Suite] = lambda suite: suite,
    ) -> int:
        """Find rates by a pilot, check the machine, store the plan; return the run's number.

        Stacks that are `up` already serve the pilot. `fitted` sets the length of the suite when its
        rates are known.
        """
        seed = secrets.randbelow(2**32) if seed is None else seed
        machine = read_machine(self.placement)
        with confined_to(self.placement.generator_cpus):
            suite = fitted(resolved(draft, context, machine, seed, up))
        machine = dataclasses.replace(machine, machine_checks=check_machine(suite, self.placement))
        return context.store.create_run(
            plan(suite, seed),
            machine,
            [stack.facts() for stack in prepared.stacks.values()],
            metadata.version("timetrial"),
            datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def measure(self, number: int, context: RunContext) -> Measured:
        """Measure the pending trials of a run."""
        try:
            with confined_to(self.placement.generator_cpus):
                execute(number, self._as_begun(number, context))
                return Measured(self.store.load(number), None)
        except (ServiceFailed, StoreError) as failed:
            return Measured(self._kept(number, failed), failed)
        except OSError as error:
            if error.errno not in FULL_DISK:
                raise
            full = DiskFull(error)
            return Measured(self._kept(number, full), full)
        except KeyboardInterrupt:
            run = self.store.load(number)
            stops = ended_by_user(run)
            for stop in stops:
                self.store.add_stop(number, stop)
            return Measured(self.store.load(number), None if stops else "interrupted")

    def _as_begun(self, number: int, context: RunContext) -> RunContext:
        """Start versions by the run's seed, and have the speed probe do the run's work so far."""
        run = self.store.load(number)
        context = dataclasses.replace(context, start=with_seed(context.start, run.plan.seed))
        speeds = (window.speed for m in run.measurements for window in m.windows)
        before = next(filter(None, speeds), None)
        if before is None or self.reads_speed is False:
            return context
        if self.speed_probe is not None and self.speed_probe.amount == before.amount:
            return context
        return dataclasses.replace(context, speed_probe=as_before(self.placement, before))

    def _kept(self, number: int, ended_by: TimetrialError) -> Run:
        """Read what was measured until then; where that fails, too, the first reason is told."""
        try:
            return self.store.load(number)
        except StoreError:
            raise ended_by from None


@contextmanager
def open_session(
    store: str, placement: Placement, observer: Observer, *, probe: bool | None = None
) -> Iterator[Session]:
    """Open a store, which is made with its first record, with a temporary folder.

    Raises BadInput for one that cannot be written, and for a speed probe that cannot be.
    """
    speed_probe = asked_for(placement) if probe else None
    with (
        open_store(store, to_write=True) as opened,
        OwnFolder() as folder,
    ):
        yield Session(opened, Path(folder), observer, placement, speed_probe, probe)


def placed() -> Placement:
    """Divide the available CPUs between servers and load generator."""
    cpus = available_cpus()
    return place(cpus, physical_cores(cpus))


def ports_from(suite: DraftSuite, first: int | None) -> dict[str, int]:
    """Give each stack a port, from `first` on; without `first`, none.

    Raises BadInput for a port that is taken or too high.
    """
    if first is None:
        return {}
    ports = {stack.name: first + index for index, stack in enumerate(suite.stacks)}
    if max(ports.values()) > HIGHEST_PORT:
        raise BadInput(f"{len(ports)} ports from {first} on go beyond {HIGHEST_PORT}")
    for port in ports.values():
        require_free(HOST, port)
    return ports
