"""`timetrial tune APP --server S`: which settings, for the CPUs and the memory that there are."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import psutil
from pydantic_core import to_json
from rich.text import Text

from timetrial.catalog.loader import load_catalog
from timetrial.catalog.registry import Catalog, Server
from timetrial.catalog.services import with_settings
from timetrial.cli.derived_options import part_of
from timetrial.cli.exits import Exit
from timetrial.cli.options import CATALOG, JSON, PROJECT, REQUESTS, SERVICES, STORE
from timetrial.cli.output import PROGRESS, RESULTS, error_line, log_lines, write_json
from timetrial.cli.parameters import Duration, Size
from timetrial.cli.progress import watched
from timetrial.drivers.native import NativeDriver
from timetrial.errors import BadInput, ServiceFailed, StackFailed, UnknownName
from timetrial.project.overlay import OverlaidEnvironments
from timetrial.project.project import Project
from timetrial.race.entrants import entrants
from timetrial.race.suite import with_project, word
from timetrial.raced import Deployment
from timetrial.reports.tune import as_data, render
from timetrial.reports.tune_words import stage_line
from timetrial.requests.mix import Mix
from timetrial.requests.workload import workload_of
from timetrial.runner.lining_up import Grid as LineUp
from timetrial.runner.lining_up import deployments
from timetrial.runner.session import Session, open_session, placed
from timetrial.runner.tune import tune as search
from timetrial.runner.tune_line_up import agreed
from timetrial.runner.tune_runs import TuningRuns, install, named_by_server
from timetrial.services.services import Services
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.placement import available_cpus
from timetrial.stacks.ports import HIGHEST_PORT
from timetrial.tuning.grid import Tunable, grid
from timetrial.tuning.place import is_shared, limited
from timetrial.tuning.suites import Subject
from timetrial.tuning.timing import SHORTEST_S
from timetrial.tuning.tuned import Begun, Tuned
from timetrial.tuning.wish import CONNECTIONS, Objective, TuningWish
from timetrial.verbs.options.project import ProjectOptions
from timetrial.verbs.options.requests import RequestOptions
from timetrial.verbs.options.services import ServiceOptions
from timetrial.verbs.projects import external_services_of, found_project, wish_of
from timetrial.verbs.request_mix import mix_of

_SHARE_OF_MEMORY = 0.5
"""Of what is free, for all stacks that are up at once."""


@click.command()
@PROJECT
@REQUESTS
@click.option(
    "--server", required=True, metavar="NAME",
    help="The server whose settings are wanted: `timetrial list servers` shows them.",
)  # fmt: skip
@click.option(
    "--variants", is_flag=True,
    help="Also try its other event loops, parsers and worker classes.",
)  # fmt: skip
@click.option(
    "--cpus", type=click.IntRange(min=1), metavar="N",
    help="CPUs that it may use.  [default: all that the load engine does not need]",
)  # fmt: skip
@click.option(
    "--memory", type=Size(), metavar="SIZE",
    help="The most that all of its processes may take together: 512MiB, 1GiB.",
)  # fmt: skip
@click.option(
    "--objective", type=click.Choice(["throughput", "p99", "cpu"]), default="throughput",
    show_default=True, help="Requests a second at saturation, p99 of response time at one rate "
    "for all, or CPU time a request.",
)  # fmt: skip
@click.option(
    "--rate", type=click.FloatRange(min=0, min_open=True), metavar="N",
    help="Requests a second for p99.  [default: half of what the best of the pilot carries]",
)  # fmt: skip
@click.option(
    "--connections", type=click.IntRange(1, HIGHEST_PORT), default=CONNECTIONS,
    show_default=True, metavar="N", help="How many drive it to its limit.",
)  # fmt: skip
@click.option(
    "--budget", type=Duration(), default="5m", show_default=True, metavar="TIME",
    help="For the search; installing and asking beforehand are left out.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), help="Repeat the order of another search.")
@SERVICES
@CATALOG
@STORE
@JSON
def tune(
    *,
    server: str,
    variants: bool,
    cpus: int | None,
    memory: int | None,
    objective: Objective,
    rate: float | None,
    connections: int,
    budget: float,
    seed: int | None,
    catalog_dir: Path | None,
    store: str,
    as_json: bool,
    **options: Any,  # noqa: ANN401 - of several types; those who read them say which
) -> int:
    """Find the best settings of a server for APP: workers, threads, and the memory they take."""
    placement = limited(placed(), available_cpus(), cpus)
    asked = TuningWish(
        objective, len(placement.server_cpus), memory, budget, connections, rate,
        shares_cpus=is_shared(placement),
    )  # fmt: skip
    _check(asked)
    catalog, wish = load_catalog(catalog_dir), wish_of(part_of(ProjectOptions, options))
    external = external_services_of(wish, catalog, "this search", part_of(ServiceOptions, options))
    with watched() as progress:
        mix = mix_of(part_of(RequestOptions, options), progress)
        project = found_project(wish, catalog, external, progress)
    plan = _planned(
        catalog, project, mix, _servers(catalog, project, server, variants=variants), asked
    )
    try:
        with (
            watched() as progress,
            open_session(store, placement, progress) as shop,
            ExitStack() as stack,
        ):
            suite = named_by_server(plan.subject)
            services = stack.enter_context(shop.services(suite, plan.line_up.catalog, external))
            tuned, deployment = _search(plan.with_services(services), asked, shop, services, seed)
    except (KeyboardInterrupt, ServiceFailed, StackFailed) as reason:
        return _ended_by(reason)
    if as_json:
        write_json(to_json(as_data(tuned, deployment), indent=2).decode())
    else:
        RESULTS.print(render(tuned, deployment))
    return Exit.VERDICT_NO if tuned.choice is None else Exit.DONE


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is searched, before anything was started."""

    line_up: LineUp
    subject: Subject

    def with_services(self, services: Services) -> _Plan:
        """Put their URLs where the app's variables name them."""
        catalog = services.fill_in(self.line_up.catalog)
        subject = dataclasses.replace(
            self.subject,
            app=catalog.app(self.subject.app.name),
            services=services.facts(self.subject.services),
        )
        return _Plan(dataclasses.replace(self.line_up, catalog=catalog), subject)


def _check(asked: TuningWish) -> None:
    if asked.budget_s < SHORTEST_S:
        raise BadInput(f"--budget: a search takes {SHORTEST_S:g}s or more")
    if asked.rate_per_s is not None and asked.objective != "p99":
        raise BadInput("--rate is for --objective p99")
    if asked.shares_cpus and asked.objective == "p99":
        raise BadInput(
            f"--cpus {asked.cpus} leaves no CPU for the load engine, whose waiting would be in "
            f"every p99: give fewer, or another --objective"
        )


def _servers(
    catalog: Catalog, project: Project, name: str, *, variants: bool
) -> Mapping[str, Server]:
    """Find the server and, if they are wanted, those variants that can serve the project, too."""
    if name not in catalog.servers:
        raise UnknownName("server", name, catalog.servers)
    (chosen,) = entrants(catalog, project, name, "--server").servers
    servers = {chosen.name: chosen}
    family = chosen.variant_of or chosen.name
    for other in catalog.servers.values() if variants else ():
        if family not in {other.name, other.variant_of} or other.interface != chosen.interface:
            continue
        try:
            (also,) = entrants(catalog, project, other.name).servers
        except BadInput:
            continue
        servers[also.name] = also
    if variants and len(servers) == 1:
        raise BadInput(f"--variants: there is no other setting of {name!r} for this app")
    return servers


def _planned(
    catalog: Catalog,
    project: Project,
    mix: Mix,
    servers: Mapping[str, Server],
    asked: TuningWish,
) -> _Plan:
    mix = dataclasses.replace(mix, name=word(mix.name))
    workload = workload_of(mix, project.targets)
    catalog = with_project(catalog, project, workload)
    tunables = [Tunable(each.name, each.workers.max, each.threads.max) for each in servers.values()]
    subject = Subject(
        app=catalog.app(project.name),
        servers=servers,
        workload=workload,
        grid=grid(tunables, asked.cpus, asked.connections),
        connections=asked.connections,
        services=tuple(with_settings(name, {}, catalog) for name in project.services),
    )
    return _Plan(LineUp(catalog, project, mix, keep_all=False), subject)


def _search(
    plan: _Plan, asked: TuningWish, shop: Session, services: Services, seed: int | None
) -> tuple[Tuned, Deployment | None]:
    environments = OverlaidEnvironments(plan.line_up.project, cache_dir())
    catalog = plan.line_up.catalog
    installed = install(plan.subject, catalog, environments, shop.folder, shop.observer)
    cpus = shop.placement.server_cpus
    subject, notes = agreed(plan.line_up, plan.subject, installed, cpus, shop.folder, shop.observer)
    runs = TuningRuns(
        store=shop.store,
        installed=installed,
        placement=shop.placement,
        driver=NativeDriver(),
        work_dir=shop.folder,
        observer=shop.observer,
        seed=secrets.randbelow(2**32) if seed is None else seed,
        services=services,
    )
    room_bytes = round(_SHARE_OF_MEMORY * psutil.virtual_memory().available)
    tuned = search(asked, subject, runs, tell=_tell, room_bytes=room_bytes)
    warnings = [f"{each[0].upper()}{each[1:]}." for each in shop.placement.warnings]
    notes = (*plan.line_up.project.notes, *warnings, *notes)
    tuned = dataclasses.replace(tuned, notes=(*notes, *tuned.notes))
    if tuned.choice is None:
        return tuned, None
    suite, prepared = runs.for_real(subject, tuned.choice.candidate)
    return tuned, next(iter(deployments(plan.line_up, suite, prepared)), None)


def _tell(begun: Begun) -> None:
    PROGRESS.print(Text(stage_line(begun)), soft_wrap=not PROGRESS.is_terminal)


def _ended_by(reason: BaseException) -> int:
    if isinstance(reason, KeyboardInterrupt):
        error_line("interrupted; what was measured is kept: `timetrial list runs` shows it")
        return Exit.INTERRUPTED
    error_line(str(reason))
    if isinstance(reason, (ServiceFailed, StackFailed)):
        log_lines(reason.log_tail)
    return Exit.FAILED
