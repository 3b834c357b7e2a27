"""`timetrial run [SUITE]`: measure a suite, or go on with a run that was interrupted."""

from __future__ import annotations

import dataclasses
import shlex
from contextlib import ExitStack
from pathlib import Path

import click

from timetrial.catalog.loader import load_catalog, read_suite
from timetrial.catalog.registry import Catalog
from timetrial.catalog.suite_schema import FAIR
from timetrial.catalog.suites import build_suite, check_references
from timetrial.cli.folders import make_folder
from timetrial.cli.lifecycle import lifecycle_options, live, repeats_of
from timetrial.cli.narrowing import narrowed
from timetrial.cli.options import CATALOG, JSON, REPORTS, STORE, cache_dir
from timetrial.cli.parameters import Duration, Share
from timetrial.cli.report import show
from timetrial.cli.services import SERVICES, external_services
from timetrial.cli.stores import read_run
from timetrial.cli.version_options import VersionedCommand, read_versions, version_options
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
from timetrial.drivers.choice import read_names
from timetrial.errors import BadInput
from timetrial.goal import Budget
from timetrial.runner.fitting import driven_by, tools_of
from timetrial.runner.prepare import prepare
from timetrial.secrecy import without_passwords
from timetrial.stacks.environment import Environments
from timetrial.stacks.placement import Placement
from timetrial.suite import Suite
from timetrial.tool import ENGINE
from timetrial.verbs.options.places import DEFAULT_STORE


@click.command(cls=VersionedCommand)
@click.argument("suite", required=False)
@click.option("--resume", metavar="RUN", help="Go on with an interrupted run.")
@click.option("--servers", metavar="NAMES", help="Only these of the suite's stacks: a,b,c.")
@click.option("--contests", metavar="NAMES", help="Only these of the suite's contests: a,b,c.")
@click.option(
    "--profile", metavar="NAME",
    help="Another set of the suite's loads, such as 'published'.  [default: fair]",
)  # fmt: skip
@click.option(
    "--driver", "drivers", metavar="NAMES",
    help="What drives the load: engine, wrk or k6, or several to compare them: engine,wrk.  "
    "[default: engine]",
)  # fmt: skip
@click.option("--rounds", type=click.IntRange(1, 1000), help="How often all is started afresh.")
@click.option(
    "--control/--no-control", default=None,
    help="Let a stack's twin take part, which must not be told apart from it, or not.  "
    "[default: as the suite says]",
)  # fmt: skip
@click.option(
    "--precision", type=Share(0.001, 0.5), metavar="SHARE",
    help="Go on, for 32 rounds at most, where a pair is neither decided nor known that well: 3%.",
)  # fmt: skip
@click.option(
    "--budget", type=Duration(), metavar="TIME",
    help="As many rounds as fit into a time, installing left out: 10m.",
)  # fmt: skip
@click.option(
    "--watch", is_flag=True,
    help="Go on until Ctrl-C; the intervals that are shown hold whenever that is.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), help="Repeat the order of another run.")
@version_options
@click.option(
    "--port", type=click.IntRange(1, HIGHEST_PORT), metavar="N",
    help="Servers listen on N, N+1, ….  [default: free ports]",
)  # fmt: skip
@click.option(
    "--try-broken", is_flag=True,
    help="Also start servers whose manifests say that they are broken.",
)  # fmt: skip
@lifecycle_options
@SERVICES
@CATALOG
@STORE
@REPORTS
@JSON
def run(
    *,
    suite: str | None,
    resume: str | None,
    servers: str | None,
    contests: str | None,
    profile: str | None,
    drivers: str | None,
    rounds: int | None,
    precision: float | None,
    budget: float | None,
    watch: bool,
    control: bool | None,
    seed: int | None,
    instead: tuple[str, ...],
    versions: tuple[str, ...],
    pythons: tuple[str, ...],
    port: int | None,
    try_broken: bool,
    lifecycle: bool,
    lifecycle_repeats: int | None,
    catalog_dir: Path | None,
    store: str,
    reports_dir: Path,
    as_json: bool,
    **service_options: str | Path | None,
) -> int:
    """Measure SUITE (a name or a TOML file); without one, 'quick': an answer in two minutes."""
    changes = (
        suite, servers, contests, profile, drivers, rounds, precision, budget, control, seed
    )  # fmt: skip
    other = (try_broken, watch, instead, versions, pythons[1:])
    if resume is not None and (any(other) or any(each is not None for each in changes)):
        raise BadInput("--resume goes on with the plan of a run: it takes no suite and no changes")
    check_one_length(rounds, precision, budget, watch=watch)
    within = None if budget is None else Budget(budget)
    asked = read_versions(instead, versions, pythons)
    repeats = repeats_of(lifecycle=lifecycle, lifecycle_repeats=lifecycle_repeats)
    catalog = load_catalog(catalog_dir)
    stored = None if resume is None else read_run(store, resume)
    placement = placed()
    wanted = stored.plan.suite if stored else _suite(catalog, suite, profile or FAIR, placement)
    if stored is None:
        wanted = asked.of(narrowed(wanted, catalog, servers, contests), catalog)
        wanted = as_long_as(wanted, rounds, precision, within, watch=watch)
        wanted = driven_by(controlled(wanted, wanted=control), read_names(drivers or ENGINE))
        # The control and the drivers take time of the budget, too.
        wanted = as_long_as(wanted, None, None, within)
        wanted = dataclasses.replace(wanted, try_broken=try_broken)
    if stored is not None and wanted.raced is not None:
        raise BadInput(
            f"run {stored.number} is a race: `timetrial race` goes on with it, given the same app "
            f"and --resume {stored.number}"
        )
    ports = ports_from(wanted, port)
    external = external_services(wanted, catalog, service_options)
    with open_workshop(store, placement) as shop, ExitStack() as stack:
        environments = Environments(cache_dir(), asked.python)
        tools = shop.tools(tools_of(wanted), environments)
        services = stack.enter_context(shop.services(wanted, catalog, external))
        wanted = dataclasses.replace(wanted, services=services.facts(wanted.services))
        filled = services.fill_in(catalog)
        prepared = prepare(wanted, filled, environments, shop.folder, shop.progress)
        make_folder(reports_dir)
        bench = shop.bench(wanted, prepared, services, tools=tools, ports=ports)
        number = stored.number if stored else shop.create(wanted, seed, prepared, bench)
        finished, ended_by = shop.measure(number, bench)
        if repeats and ended_by is None:
            finished, ended_by = live(finished, repeats, prepared, bench, shop)
    show(finished, reports_dir, as_json=as_json)
    return outcome(finished, ended_by, _resumption(number, store, catalog_dir, repeats))


def _resumption(number: int, store: str, catalog_dir: Path | None, repeats: int) -> str:
    """Write the command that goes on with a run."""
    words = ["timetrial", "run", "--resume", str(number)]
    if repeats:
        words += ["--lifecycle", "--lifecycle-repeats", str(repeats)]
    if store != DEFAULT_STORE:
        words += ["--store", without_passwords(store)]
    if catalog_dir is not None:
        words += ["--catalog", str(catalog_dir)]
    return shlex.join(words)


def _suite(catalog: Catalog, name: str | None, profile: str, placement: Placement) -> Suite:
    if name is not None and name.endswith(".toml"):
        file = Path(name)
        manifest = read_suite(file)
        check_references(file, manifest, catalog)
    else:
        manifest = catalog.suite(name or "quick")
    return build_suite(manifest, catalog, profile, len(placement.server_cpus))
