"""Searches the settings of one server: workers, threads, and the memory they take."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import psutil

from timetrial.catalog.loader import load_catalog
from timetrial.catalog.registry import Catalog, Server
from timetrial.catalog.services import with_settings
from timetrial.drivers.native import NativeDriver
from timetrial.features.race.eligible_servers import eligible_servers
from timetrial.features.race.race_preparation import RacePlan, deployments
from timetrial.features.race.suite import with_project, word
from timetrial.features.tune.budget import SHORTEST_S
from timetrial.features.tune.cpu_limit import is_shared, limited
from timetrial.features.tune.grid import Tunable, grid
from timetrial.features.tune.objective import TuningSpec
from timetrial.features.tune.result import StageBegun, Tuned
from timetrial.features.tune.runs import TuningRuns, agreed, install, named_by_server
from timetrial.features.tune.search import tune as search
from timetrial.features.tune.suites import TuningTarget
from timetrial.machine.placement import Placement, available_cpus
from timetrial.model import BadInput, Deployment, Event, UnknownName
from timetrial.project.overlay import OverlaidEnvironments
from timetrial.project.project import Project
from timetrial.project.requests.mix import Mix
from timetrial.project.requests.workload import workload_of
from timetrial.runner.session import Session, open_session, placed
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.services.services import Services
from timetrial.store.secrets import Secrets, SecretStore
from timetrial.verbs.options.tune import TuneOptions
from timetrial.verbs.projects import app_options_of, external_services_of, found_project
from timetrial.verbs.request_mix import mix_of
from timetrial.verbs.run_secrets import secrets_of

_SHARE_OF_MEMORY = 0.5
"""Share of the free memory for all stacks that run at once."""


@dataclass(frozen=True, slots=True)
class StoreOpened:
    """The store is open: from now on, what is measured is kept."""


TuneEvent = StoreOpened | StageBegun | Event
TuneObserver = Callable[[TuneEvent], None]


@dataclass(frozen=True, slots=True)
class TuneResult:
    """The outcome of a search."""

    tuned: Tuned
    deployment: Deployment | None
    """How the recommended settings are run in production; None where there are none."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """The search that is planned; nothing is started yet."""

    race_plan: RacePlan
    subject: TuningTarget

    def with_services(self, services: Services) -> _Plan:
        """Fill the URLs of services into the app's variables."""
        catalog = services.fill_in(self.race_plan.catalog)
        subject = dataclasses.replace(
            self.subject,
            app=catalog.app(self.subject.app.name),
            services=services.facts(self.subject.services),
        )
        return _Plan(dataclasses.replace(self.race_plan, catalog=catalog), subject)


@dataclass(frozen=True, slots=True)
class _Means:
    """The session, the secrets, the services, the seed and the observer of a search."""

    session: Session
    held: Secrets
    services: Services
    seed: int | None
    observer: TuneObserver


def tune(options: TuneOptions, observer: TuneObserver = lambda _event: None) -> TuneResult:
    """Find the best settings of `options.server` for an app, within a budget of time.

    Each stage is a run in the store. Raises BadInput for what cannot be searched, ServiceFailed,
    and StackFailed where the server cannot serve the app. An interrupt stops what was started and
    goes on as KeyboardInterrupt.
    """
    placement = limited(placed(), available_cpus(), options.server_cpus)
    spec = _spec(options, placement)
    catalog, app = load_catalog(options.catalog_dir), app_options_of(options)
    mix = mix_of(options, observer)
    external = external_services_of(app, catalog, "this search", options)
    project = found_project(app, catalog, external, observer)
    plan = _planned(catalog, project, mix, _servers(catalog, project, options), spec)
    with (
        open_session(options.store, placement, observer, probe=options.probe) as session,
        ExitStack() as stack,
    ):
        observer(StoreOpened())
        suite = named_by_server(plan.subject)
        services = stack.enter_context(session.services(suite, plan.race_plan.catalog, external))
        held = secrets_of(options, app, external)
        means = _Means(session, held, services, options.seed, observer)
        return _search(plan.with_services(services), spec, means)


def _spec(options: TuneOptions, placement: Placement) -> TuningSpec:
    """Return what is searched for. Raises BadInput where these CPUs do not allow it."""
    spec = TuningSpec(
        options.objective,
        len(placement.server_cpus),
        options.memory,
        options.budget,
        options.connections,
        options.rate,
        shares_cpus=is_shared(placement),
    )
    if spec.budget_s < SHORTEST_S:
        raise BadInput(f"--budget: a search takes {SHORTEST_S:g}s or more")
    if spec.rate_per_s is not None and spec.objective != "p99":
        raise BadInput("--rate is for --objective p99")
    if spec.shares_cpus and spec.objective == "p99":
        raise BadInput(
            f"--server-cpus {spec.cpus} leaves no CPU for the load engine, whose waiting would be "
            f"in every p99: give fewer, or another --objective"
        )
    return spec


def _servers(catalog: Catalog, project: Project, options: TuneOptions) -> Mapping[str, Server]:
    """Find the server and, with `options.variants`, its variants that can serve the project."""
    name = options.server
    if name not in catalog.servers:
        raise UnknownName("server", name, catalog.servers)
    (chosen,) = eligible_servers(catalog, project, name, "--server").servers
    servers = {chosen.name: chosen}
    family = chosen.variant_of or chosen.name
    for variant in catalog.servers.values() if options.variants else ():
        if family in {variant.name, variant.variant_of} and variant.interface == chosen.interface:
            with suppress(BadInput):
                (eligible,) = eligible_servers(catalog, project, variant.name).servers
                servers[eligible.name] = eligible
    if options.variants and len(servers) == 1:
        raise BadInput(f"--variants: there is no other setting of {name!r} for this app")
    return servers


def _planned(
    catalog: Catalog,
    project: Project,
    mix: Mix,
    servers: Mapping[str, Server],
    spec: TuningSpec,
) -> _Plan:
    mix = dataclasses.replace(mix, name=word(mix.name))
    workload = workload_of(mix, project.targets)
    catalog = with_project(catalog, project, workload)
    tunables = [
        Tunable(server.name, server.workers.max, server.threads.max) for server in servers.values()
    ]
    subject = TuningTarget(
        app=catalog.app(project.name),
        servers=servers,
        workload=workload,
        grid=grid(tunables, spec.cpus, spec.connections),
        connections=spec.connections,
        services=tuple(with_settings(name, {}, catalog) for name in project.services),
    )
    return _Plan(RacePlan(catalog, project, mix, keep_failing=False), subject)


def _search(plan: _Plan, spec: TuningSpec, means: _Means) -> TuneResult:
    session, observer = means.session, means.observer
    cpus = session.placement.server_cpus
    environments = OverlaidEnvironments(plan.race_plan.project, cache_dir())
    installed = install(
        plan.subject, plan.race_plan.catalog, environments, session.folder, observer
    )
    subject, notes = agreed(plan.race_plan, plan.subject, installed, cpus, session.folder, observer)
    runs = TuningRuns(
        store=SecretStore(session.store, means.held),
        installed=installed,
        placement=session.placement,
        driver=NativeDriver(),
        work_dir=session.folder,
        observer=observer,
        seed=secrets.randbelow(2**32) if means.seed is None else means.seed,
        services=means.services,
        speed_probe=session.speed_probe,
    )
    room_bytes = round(_SHARE_OF_MEMORY * psutil.virtual_memory().available)
    tuned = search(spec, subject, runs, tell=observer, room_bytes=room_bytes)
    warnings = [f"{text[0].upper()}{text[1:]}." for text in session.placement.warnings]
    notes = (*plan.race_plan.project.notes, *warnings, *notes)
    workload = means.held.stored(tuned.workload)
    tuned = dataclasses.replace(tuned, workload=workload, notes=(*notes, *tuned.notes))
    if tuned.choice is None:
        return TuneResult(tuned, None)
    suite, prepared = runs.for_real(subject, tuned.choice.candidate)
    return TuneResult(tuned, next(iter(deployments(plan.race_plan, suite, prepared)), None))
