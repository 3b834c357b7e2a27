"""Searches the highest arrival rate at which a URL, or an app on a server, keeps an objective."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from timetrial.catalog.loader import load_catalog
from timetrial.drivers.driver import Driver, SessionConfig, Target
from timetrial.drivers.native import NativeDriver
from timetrial.drivers.tls import tls_for
from timetrial.features.capacity.capacity_target import CapacityTarget, StackTarget, UrlTarget
from timetrial.features.capacity.events import CapacityEvent
from timetrial.features.capacity.measure import CapacitySpec, measure
from timetrial.features.capacity.terminal import CapacityDocument, document
from timetrial.features.race.eligible_servers import eligible_servers
from timetrial.features.race.race_preparation import RacePlan, qualify_servers
from timetrial.features.race.suite import RaceSettings, race_info_of, race_suite, with_project, word
from timetrial.machine.cpu_affinity import confined_to
from timetrial.machine.cpu_overlap import beside_generator
from timetrial.machine.own_folder import OwnFolder
from timetrial.machine.placement import Placement
from timetrial.model import (
    BadInput,
    DraftSuite,
    Event,
    Interface,
    Observer,
    OpenLoad,
    Request,
    Stack,
)
from timetrial.model.address import resolve
from timetrial.model.redaction import without_account
from timetrial.project.overlay import OverlaidEnvironments
from timetrial.project.project import Project
from timetrial.project.requests.workload import notes_on, workload_of
from timetrial.runner.prepare import prepare
from timetrial.runner.session import placed
from timetrial.runner.starter import RealStarter, Starter
from timetrial.runner.warm_up import WarmUpMeans
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.environment import Environments
from timetrial.stacks.services.services import Services, running_services
from timetrial.verbs.options.capacity import CapacityOptions
from timetrial.verbs.options.requests import WAYS
from timetrial.verbs.projects import app_options_of, external_services_of, found_project
from timetrial.verbs.request_mix import mix_of

CapacityVerbEvent = CapacityEvent | Event
CapacityVerbObserver = Callable[[CapacityVerbEvent], None]


def capacity(
    options: CapacityOptions, observer: CapacityVerbObserver = lambda _event: None
) -> CapacityDocument:
    """Find the highest rate of requests, in requests/s, that keeps `options.objective`.

    KeyboardInterrupt ends the search, and what is known by then is returned. Raises BadInput for
    what cannot be searched, ServiceFailed, and StackFailed where the server cannot be started or
    answers not even one request.
    """
    placement = placed()
    driver = NativeDriver()
    cpus = options.cpus or placement.generator_cpus
    means = Means(
        SessionConfig(options.max_connections, cpus, options.timeout_s), driver, placement
    )
    target = url_target if options.is_url else stack_target
    with target(means, options, observer) as aimed, confined_to(cpus):
        wanted = CapacitySpec(
            title=aimed.title,
            objective=options.objective,
            budget_s=options.budget,
            setting=means.setting,
            highest_per_s=options.max_rate,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            start_per_s=options.start_rate,
            seed=secrets.randbelow(2**32) if options.seed is None else options.seed,
            notes=aimed.notes,
        )
        taken = measure(wanted, aimed.subject, driver, observer)
    return document(taken, options.at_least)


_CONNECTIONS = 64
"""Connections while responses are compared; the search has its own."""
_ANY: Interface = "program"
"""The interface of a server about which nothing is known."""


@dataclass(frozen=True, slots=True)
class Means:
    """The load generator, its settings and its CPUs."""

    setting: SessionConfig
    driver: Driver
    placement: Placement


@dataclass(frozen=True, slots=True)
class Aimed:
    """A target that is ready to be measured."""

    title: str
    subject: CapacityTarget
    notes: tuple[str, ...]
    """Sentences."""


@contextmanager
def url_target(means: Means, options: CapacityOptions, observer: Observer) -> Iterator[Aimed]:
    """Prepare the load of a server that already runs. Raises BadInput."""
    address = resolve(options.app, frozenset(options.allow_remote))
    tls = tls_for(address, options.authorities, insecure=options.insecure)
    shown = without_account(options.app)
    if not any(getattr(options, way) for way in WAYS):
        options = options.model_copy(update={"paths": (Request(address.path),)})
    elif address.path != "/":
        raise BadInput(f"{shown!r} has a path, but other options say what to request")
    mix = mix_of(options, observer)
    steps = workload_of(mix, (_ANY,)).steps
    requests = tuple(
        dataclasses.replace(request, headers=address.authorized(request.headers))
        for request in (step.request(_ANY) for step in steps)
    )
    target = Target(str(address), address.host, requests, tls)
    title = f"{steps[0].method} {shown}" if len(steps) == 1 else f"{mix.name} at {shown}"
    beside = beside_generator(target.address, means.setting.cpus)
    notes = (*mix.notes, *notes_on(mix), *beside)
    yield Aimed(title, UrlTarget(target), notes)


@contextmanager
def stack_target(means: Means, options: CapacityOptions, observer: Observer) -> Iterator[Aimed]:
    """Install a server for the user's app, and check its responses.

    Raises BadInput, AppFailed, ServiceFailed and StackFailed.
    """
    catalog, app_options = load_catalog(options.catalog_dir), app_options_of(options)
    mix = mix_of(options, observer)
    mix = dataclasses.replace(mix, name=word(mix.name))
    external = external_services_of(app_options, catalog, "this app", options)
    project = found_project(app_options, catalog, external, observer)
    cpus = means.placement.server_cpus
    with ExitStack() as stack:
        work = Path(stack.enter_context(OwnFolder()))
        workload = workload_of(mix, project.targets)
        eligible = eligible_servers(catalog, project, options.server, "--server")
        catalog = with_project(catalog, project, workload)
        settings = RaceSettings(options.workers or len(cpus), options.threads, _CONNECTIONS)
        suite = race_suite(catalog, project, eligible, workload, settings)
        services = stack.enter_context(
            running_services(
                suite.services, catalog, Environments(cache_dir()), work_dir=work,
                cpus=means.placement.generator_cpus, external=external, observer=observer,
            )
        )  # fmt: skip
        race_plan = RacePlan(services.fill_in(catalog), project, mix, keep_failing=True)
        environments = OverlaidEnvironments(project, cache_dir())
        prepared = prepare(suite, race_plan.catalog, environments, work, observer)
        for failed in prepared.not_installed.values():
            raise failed
        start = RealStarter(suite, prepared, cpus, work, {}, any_answer=True)
        suite = qualify_servers(race_plan, suite, prepared, start, observer)
        yield Aimed(
            f"{project.name} on {suite.stacks[0].name}: {mix.name}",
            _subject(means, suite, RealStarter(suite, prepared, cpus, work, {}), services),
            (*race_info_of(suite).notes, _given(suite.stacks[0], project, means.placement)),
        )


def _subject(means: Means, suite: DraftSuite, start: Starter, services: Services) -> StackTarget:
    setting = means.setting
    load = OpenLoad(1.0, connections=setting.connections, timeout_s=setting.timeout_s)
    return StackTarget(
        start,
        suite.stacks[0],
        dataclasses.replace(suite.benchmarks[0], load=load),
        warm_up_means=WarmUpMeans(suite.warm_up, means.driver, setting.cpus),
        require_services=services.require_alive,
    )


def _given(stack: Stack, project: Project, placement: Placement) -> str:
    processes = f"{stack.workers} process{'' if stack.workers == 1 else 'es'}"
    threads = f" of {stack.threads} threads" if stack.threads > 1 else ""
    cpus = ", ".join(map(str, placement.server_cpus))
    return (
        f"The server had {processes}{threads} on CPU {cpus} and {project.python_version}; it was "
        "started afresh for each trial near the capacity."
    )
