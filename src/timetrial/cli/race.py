"""`timetrial race APP`: every server that can serve an app of the user's own, and which to take."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from timetrial.catalog.loader import load_catalog
from timetrial.catalog.registry import Catalog
from timetrial.cli.folders import make_folder
from timetrial.cli.lifecycle import lifecycle_options, live, repeats_of
from timetrial.cli.options import CATALOG, JSON, REPORTS, STORE, cache_dir
from timetrial.cli.parameters import Duration, Share
from timetrial.cli.project_options import PROJECT_OPTIONS, wish_of
from timetrial.cli.projects import external_services_of, found_project
from timetrial.cli.race_variants import REVISIONS, environments_of, variants_of, with_variants
from timetrial.cli.report import show
from timetrial.cli.request_options import REQUEST_OPTIONS, mix_of
from timetrial.cli.services import SERVICES
from timetrial.cli.stores import read_run
from timetrial.cli.version_options import (
    VersionedCommand,
    Versions,
    package_options,
    read_versions,
)
from timetrial.cli.workshop import (
    HIGHEST_PORT,
    as_long_as,
    check_one_length,
    open_workshop,
    outcome,
    placed,
    ports_from,
)
from timetrial.control import controlled
from timetrial.errors import BadInput
from timetrial.goal import Budget
from timetrial.project.overlay import OverlaidEnvironments
from timetrial.project.project import Project
from timetrial.project.wish import Wish
from timetrial.race.entrants import EVERY_ONE, entrants
from timetrial.race.resume import difference
from timetrial.race.suite import BUDGET_S, Terms, budget_of, race_suite, word
from timetrial.requests.mix import Mix
from timetrial.requests.workload import workload_of
from timetrial.run import Run
from timetrial.runner.lining_up import Grid, line_up
from timetrial.runner.prepare import prepare, with_twins
from timetrial.runner.starter import real_starter
from timetrial.secrecy import without_passwords
from timetrial.suite import Suite
from timetrial.versions.variants import Variant, across

_THREADS = 4
_CONNECTIONS = 16


@click.command(cls=VersionedCommand)
@PROJECT_OPTIONS
@REQUEST_OPTIONS
@click.option(
    "--servers", metavar="NAMES",
    help="Only these: a,b,c; or 'all', with other settings of the same servers.  "
    "[default: one of each that can serve the app]",
)  # fmt: skip
@click.option(
    "--workers", type=click.IntRange(1, 256), metavar="N",
    help="Processes of each server.  [default: as many as there are CPUs for it]",
)  # fmt: skip
@click.option(
    "--threads", type=click.IntRange(1, 256), default=_THREADS, show_default=True, metavar="N",
    help="Threads a process, of servers that have them.",
)  # fmt: skip
@click.option(
    "--connections", type=click.IntRange(1, HIGHEST_PORT), default=_CONNECTIONS,
    show_default=True, metavar="N", help="How many drive the servers to their limit.",
)  # fmt: skip
@click.option(
    "--thorough", is_flag=True,
    help="Compare response times at 80 % of the smallest capacity, too, not at 50 % alone.",
)  # fmt: skip
@click.option("--rounds", type=click.IntRange(1, 1000), help="How often all is started afresh.")
@click.option(
    "--precision", type=Share(0.001, 0.5), metavar="SHARE",
    help="Go on, for 32 rounds at most, where a pair is neither decided nor known that well: 3%.",
)  # fmt: skip
@click.option(
    "--budget", type=Duration(), metavar="TIME",
    help="As many rounds as fit into a time, all that comes before left out.  [default: 4m, but "
    "no fewer than verdicts take]",
)  # fmt: skip
@click.option(
    "--control/--no-control", default=None,
    help="Let a server's twin take part, which must not be told apart from it, or not.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), help="Repeat the order of another race.")
@click.option(
    "--port", type=click.IntRange(1, HIGHEST_PORT), metavar="N",
    help="Servers listen on N, N+1, ….  [default: free ports]",
)  # fmt: skip
@click.option(
    "--resume", metavar="RUN", help="Go on with an interrupted race, given all else as before."
)
@package_options
@REVISIONS
@lifecycle_options
@SERVICES
@CATALOG
@STORE
@REPORTS
@JSON
def race(
    *,
    servers: str | None,
    workers: int | None,
    threads: int,
    connections: int,
    thorough: bool,
    rounds: int | None,
    precision: float | None,
    budget: float | None,
    control: bool | None,
    seed: int | None,
    port: int | None,
    resume: str | None,
    instead: tuple[str, ...],
    versions: tuple[str, ...],
    revisions: tuple[str, ...],
    lifecycle: bool,
    lifecycle_repeats: int | None,
    catalog_dir: Path | None,
    store: str,
    reports_dir: Path,
    as_json: bool,
    **options: Any,  # noqa: ANN401 - of several types; those who read them say which
) -> int:
    """Race all servers that can serve APP, and say which one to take, and how sure that is."""
    check_one_length(rounds, precision, budget)
    asked = read_versions(instead, versions, ())
    repeats = repeats_of(lifecycle=lifecycle, lifecycle_repeats=lifecycle_repeats)
    stored = None if resume is None else read_run(store, resume)
    placement = placed()
    within = None if rounds or precision else budget_of(budget)
    terms = Terms(
        workers or len(placement.server_cpus), threads, connections, thorough,
        within_s=within.seconds if within else BUDGET_S,
    )  # fmt: skip
    catalog, wishes, mix = load_catalog(catalog_dir), _wishes(options), mix_of(**options)
    length = _Length(rounds, precision, within, control)
    external = external_services_of(wishes[0], catalog, "this race", options)
    projects = [found_project(wish, catalog, external) for wish in wishes]
    with ExitStack() as stack:
        variants = variants_of(projects, revisions, stack)
        grid, suite = _planned(catalog, projects[0], variants, mix, servers, terms, asked)
        length.given_to(suite)  # complains before anything is installed
        if stored is not None:
            grid, suite = _as_begun(grid, variants, suite, stored)
        make_folder(reports_dir)
        shop = stack.enter_context(open_workshop(store, placement))
        services = stack.enter_context(shop.services(suite, grid.catalog, external))
        suite = dataclasses.replace(suite, services=services.facts(suite.services))
        grid = dataclasses.replace(grid, catalog=services.fill_in(grid.catalog))
        prepared = prepare(
            suite, grid.catalog, OverlaidEnvironments(projects[0], cache_dir()), shop.folder,
            shop.progress, own_environments=environments_of(variants),
        )  # fmt: skip
        if stored is None:
            cpus = placement.server_cpus
            start = real_starter(suite, prepared, cpus, shop.folder, {}, any_answer=True)
            suite = line_up(grid, suite, prepared, start, shop.progress)
            suite = length.given_to(suite)
        prepared = with_twins(prepared, suite)
        bench = shop.bench(suite, prepared, services, ports=ports_from(suite, port))
        number = stored.number if stored else shop.create(suite, seed, prepared, bench)
        finished, ended_by = shop.measure(number, bench)
        if repeats and ended_by is None:
            finished, ended_by = live(finished, repeats, prepared, bench, shop)
    show(finished, reports_dir, as_json=as_json)
    return outcome(finished, ended_by, _resumption(number))


@dataclasses.dataclass(frozen=True, slots=True)
class _Length:
    """How long the race goes on, and whether a control takes part."""

    rounds: int | None
    precision: float | None
    within: Budget | None
    control: bool | None

    def given_to(self, suite: Suite) -> Suite:
        suite = as_long_as(suite, self.rounds, self.precision, self.within)
        suite = controlled(suite, wanted=self.control)
        # The control takes time of the budget, too.
        return as_long_as(suite, None, None, self.within)


def _wishes(options: Mapping[str, Any]) -> list[Wish]:
    """Read one wish for each Python; at least one."""
    pythons = options["python"]
    if not pythons:
        return [wish_of(**options)]
    return [wish_of(**{**options, "python": (python,)}) for python in pythons]


def _planned(  # noqa: PLR0917 - what a race is made of
    catalog: Catalog,
    project: Project,
    variants: Sequence[Variant],
    mix: Mix,
    servers: str | None,
    terms: Terms,
    asked: Versions,
) -> tuple[Grid, Suite]:
    """Plan the race as far as that goes without starting anything."""
    mix = dataclasses.replace(mix, name=word(mix.name))
    workload = workload_of(mix, project.targets)
    field = entrants(catalog, project, servers)
    catalog = with_variants(catalog, project, variants, workload)
    suite = race_suite(catalog, project, field, workload, terms)
    suite = across(asked.of(suite, catalog, project.installed), variants)
    return Grid(catalog, project, mix, keep_all=servers not in {None, EVERY_ONE}), suite


def _as_begun(
    grid: Grid, variants: Sequence[Variant], asked: Suite, begun: Run
) -> tuple[Grid, Suite]:
    """Go on with what was begun. Raises BadInput where something else is asked for."""
    suite = begun.plan.suite
    if suite.raced is None:
        raise BadInput(
            f"run {begun.number} is no race: `timetrial run --resume {begun.number}` goes on"
        )
    if (what := difference(suite, asked)) is not None:
        raise BadInput(f"run {begun.number} is another race; {what}")
    workload = suite.contest(suite.raced.capacity).workload
    catalog = with_variants(grid.catalog, grid.project, variants, workload)
    return dataclasses.replace(grid, catalog=catalog), suite


def _resumption(number: int) -> str:
    """Write the command that goes on: the same one, with the race's number."""
    words = ["timetrial", *sys.argv[1:]]
    if "--resume" not in words:
        words += ["--resume", str(number)]
    return without_passwords(shlex.join(words))
