"""What a capacity is searched of: a URL, or an app of the user's on a server of the catalog."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from timetrial.address import resolve
from timetrial.catalog.loader import load_catalog
from timetrial.cli.options import cache_dir
from timetrial.cli.output import PROGRESS
from timetrial.cli.progress import RunProgress
from timetrial.cli.project_options import wish_of
from timetrial.cli.projects import external_services_of, found_project
from timetrial.cli.request_options import mix_of
from timetrial.drivers.driver import Driver, Request, Setting, Target
from timetrial.drivers.tls import tls_for
from timetrial.errors import BadInput
from timetrial.load import RateLoad
from timetrial.project.overlay import OverlaidEnvironments
from timetrial.project.project import Project
from timetrial.race.entrants import entrants
from timetrial.race.suite import Terms, known, race_suite, with_project, word
from timetrial.requests.asked import Asked
from timetrial.requests.workload import notes_on, workload_of
from timetrial.runner.lining_up import Grid, line_up
from timetrial.runner.neighbours import beside_generator
from timetrial.runner.prepare import prepare
from timetrial.runner.starter import Starter, real_starter
from timetrial.runner.subject import StackSubject, Subject, UrlSubject
from timetrial.runner.warm_up import WarmUpMeans
from timetrial.secrecy import without_passwords
from timetrial.services.services import Services, running_services
from timetrial.stacks.environment import Environments
from timetrial.stacks.placement import Placement
from timetrial.suite import Stack, Suite
from timetrial.workload import Interface, Step

_OF_URLS = {"cpus", "authorities", "insecure", "allow_remote"}
_OF_APPS = {
    "python", "factory", "folder", "env_file", "variables", "setup", "services", "server",
    "workers", "threads", "dynamic", "catalog_dir",
    "postgres", "redis", "fake_database", "upstream", "upstream_ca",
}  # fmt: skip
_CONNECTIONS = 64
"""Of the load under which answers are compared; the search brings its own."""
_ANY: Interface = "program"
"""The interface of a server of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Means:
    """What the load is driven with."""

    setting: Setting
    driver: Driver
    placement: Placement


@dataclass(frozen=True, slots=True)
class Aimed:
    """What is loaded, ready to be measured."""

    title: str
    subject: Subject
    notes: tuple[str, ...]
    """Sentences."""


def is_url(app: str) -> bool:
    return "://" in app


def check_kind(context: click.Context, app: str) -> None:
    """Refuse options that the kind of target has no use for. Raises BadInput."""
    if is_url(app):
        _refuse(context, _OF_APPS, "is for apps that Timetrial starts, and this is a URL")
    elif context.params["server"] is None:
        raise BadInput(
            f"{app!r} is no URL, and no --server is to serve it; `timetrial list servers` shows "
            "which there are"
        )
    else:
        _refuse(context, _OF_URLS, "is for URLs")


def _refuse(context: click.Context, names: Collection[str], because: str) -> None:
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in names and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise BadInput(f"{parameter.opts[-1]} {because}")


@contextmanager
def url_target(
    means: Means,
    *,
    app: str,
    authorities: Path | None,
    insecure: bool,
    allow_remote: tuple[str, ...],
    **options: Any,  # noqa: ANN401 - of several types; those who read them say which
) -> Iterator[Aimed]:
    """Aim at a server that somebody else has started. Raises BadInput."""
    address = resolve(app, frozenset(allow_remote))
    tls = tls_for(address, authorities, insecure=insecure)
    ways = ("paths", "requests_file", "scenario_file", "access_log")
    shown = without_passwords(app)
    if not any(options[way] for way in ways):
        options["paths"] = (Asked(address.path),)
    elif address.path != "/":
        raise BadInput(f"{shown!r} has a path, but other options say what to request")
    mix = mix_of(**options)
    steps = workload_of(mix, (_ANY,)).steps
    target = Target(str(address), address.host, tuple(map(_request, steps)), tls)
    title = f"{steps[0].method} {shown}" if len(steps) == 1 else f"{mix.name} at {shown}"
    beside = beside_generator(target.address, means.setting.cpus)
    notes = (*mix.notes, *notes_on(mix), *beside)
    yield Aimed(title, UrlSubject(target), notes)


def _request(step: Step) -> Request:
    headers = tuple(step.headers.items())
    return Request(step.paths[_ANY], step.expect, step.method, headers, step.body.encode())


@contextmanager
def stack_target(
    means: Means,
    *,
    server: str,
    workers: int | None,
    threads: int,
    catalog_dir: Path | None,
    **options: Any,  # noqa: ANN401 - of several types; those who read them say which
) -> Iterator[Aimed]:
    """Install a server over the user's app, and see what it answers.

    Raises BadInput, AppFailed, ServiceFailed and StackFailed.
    """
    catalog, wish, mix = load_catalog(catalog_dir), wish_of(**options), mix_of(**options)
    mix = dataclasses.replace(mix, name=word(mix.name))
    external = external_services_of(wish, catalog, "this app", options)
    project = found_project(wish, catalog, external)
    cpus = means.placement.server_cpus
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="timetrial-")))
        with RunProgress(PROGRESS) as progress:
            workload = workload_of(mix, project.targets)
            field = entrants(catalog, project, server)
            catalog = with_project(catalog, project, workload)
            terms = Terms(workers or len(cpus), threads, _CONNECTIONS)
            suite = race_suite(catalog, project, field, workload, terms)
            services = stack.enter_context(
                running_services(
                    suite.services, catalog, Environments(cache_dir()), work_dir=work,
                    cpus=means.placement.generator_cpus, external=external, observer=progress,
                )
            )  # fmt: skip
            grid = Grid(services.fill_in(catalog), project, mix, keep_all=True)
            environments = OverlaidEnvironments(project, cache_dir())
            prepared = prepare(suite, grid.catalog, environments, work, progress)
            for failed in prepared.not_installed.values():
                raise failed
            asking = real_starter(suite, prepared, cpus, work, {}, any_answer=True)
            suite = line_up(grid, suite, prepared, asking, progress)
        yield Aimed(
            f"{project.name} on {suite.stacks[0].name}: {mix.name}",
            _subject(means, suite, real_starter(suite, prepared, cpus, work, {}), services),
            (*known(suite).notes, _given(suite.stacks[0], project, means.placement)),
        )


def _subject(means: Means, suite: Suite, start: Starter, services: Services) -> StackSubject:
    setting = means.setting
    load = RateLoad(1.0, connections=setting.connections, timeout_s=setting.timeout_s)
    return StackSubject(
        start,
        suite.stacks[0],
        dataclasses.replace(suite.contests[0], load=load),
        warm_up_means=WarmUpMeans(suite.warm_up, means.driver, setting.cpus),
        require_services=services.require_alive,
    )


def _given(stack: Stack, project: Project, placement: Placement) -> str:
    processes = f"{stack.workers} process{'' if stack.workers == 1 else 'es'}"
    threads = f" of {stack.threads} threads" if stack.threads > 1 else ""
    cpus = ", ".join(map(str, placement.server_cpus))
    return (
        f"The server had {processes}{threads} on CPU {cpus} and {project.python_version}; it was "
        "started afresh for the search and for each round of confirmation."
    )
