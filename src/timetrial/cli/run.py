"""`timetrial run [SUITE]`: measure a suite, or go on with a run that was interrupted."""

from __future__ import annotations

import dataclasses
import secrets
import shlex
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import FrameType

import click

from timetrial.catalog.loader import load_catalog, read_suite
from timetrial.catalog.registry import Catalog
from timetrial.catalog.suite_schema import FAIR
from timetrial.catalog.suites import build_suite, check_references
from timetrial.cli.exits import Exit
from timetrial.cli.lifecycle import hold_experiments, lifecycle_options, repeats_of
from timetrial.cli.narrowing import narrowed
from timetrial.cli.options import CATALOG, DEFAULT_STORE, JSON, REPORTS, STORE, cache_dir
from timetrial.cli.output import PROGRESS, error_line, log_lines
from timetrial.cli.parameters import Duration, Share
from timetrial.cli.progress import RunProgress
from timetrial.cli.report import make_folder, show
from timetrial.cli.services import SERVICES, external_services
from timetrial.cli.stores import open_store, read_run
from timetrial.cli.version_options import VersionedCommand, read_versions, version_options
from timetrial.control import controlled
from timetrial.drivers.choice import INSTALLABLE, find_tool, read_names
from timetrial.drivers.driver import Driver
from timetrial.drivers.native import NativeDriver
from timetrial.errors import BadInput, ServiceFailed
from timetrial.events import EnvironmentBuilding
from timetrial.goal import Budget, Precision
from timetrial.plan import plan
from timetrial.run import Run
from timetrial.runner.bench import Bench
from timetrial.runner.confine import confined_to
from timetrial.runner.execute import execute
from timetrial.runner.fitting import driven_by, tools_of
from timetrial.runner.look import real_look
from timetrial.runner.pace import most_rounds
from timetrial.runner.preflight import look_at_machine
from timetrial.runner.prepare import Prepared, prepare
from timetrial.runner.starter import real_starter
from timetrial.secrecy import without_passwords
from timetrial.services.services import running_services
from timetrial.stacks.environment import Environments
from timetrial.stacks.machine import read_machine
from timetrial.stacks.placement import Placement, available_cpus, physical_cores, place
from timetrial.stacks.ports import require_free
from timetrial.stacks.prepare import HOST
from timetrial.stats.design import LOOKS
from timetrial.store.store import Store
from timetrial.suite import Suite
from timetrial.tool import ENGINE, DriverName

_HIGHEST_PORT = 65_535


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
    "--precision", type=Share(), metavar="SHARE",
    help="Go on, for 32 rounds at most, where a pair is neither decided nor known that well: 3%.",
)  # fmt: skip
@click.option(
    "--budget", type=Duration(), metavar="TIME",
    help="As many rounds as fit into a time, installing left out: 10m.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), help="Repeat the order of another run.")
@version_options
@click.option(
    "--port", type=click.IntRange(1, _HIGHEST_PORT), metavar="N",
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
    other = (try_broken, instead, versions, pythons[1:])
    if resume is not None and (any(other) or any(each is not None for each in changes)):
        raise BadInput("--resume goes on with the plan of a run: it takes no suite and no changes")
    _check_one_length(rounds, precision, budget)
    asked = read_versions(instead, versions, pythons)
    repeats = repeats_of(lifecycle=lifecycle, lifecycle_repeats=lifecycle_repeats)
    catalog = load_catalog(catalog_dir)
    stored = None if resume is None else read_run(store, resume)
    cpus = available_cpus()
    placement = place(cpus, physical_cores(cpus))
    wanted = stored.plan.suite if stored else _suite(catalog, suite, profile or FAIR, placement)
    if stored is None:
        wanted = asked.of(narrowed(wanted, catalog, servers, contests), catalog)
        wanted = _as_long_as(wanted, rounds, precision, budget)
        wanted = driven_by(controlled(wanted, wanted=control), read_names(drivers or ENGINE))
        # The control and the drivers take time of the budget, too.
        wanted = _as_long_as(wanted, None, None, budget)
        wanted = dataclasses.replace(wanted, try_broken=try_broken)
    ports = _ports(wanted, port)
    external = external_services(wanted, catalog, service_options)
    with (
        _terminated_like_interrupted(),
        open_store(store) as opened,
        tempfile.TemporaryDirectory(prefix="timetrial-") as work,
        RunProgress(PROGRESS) as progress,
        ExitStack() as stack,
    ):
        environments = Environments(cache_dir(), asked.python)
        tools = _tools(tools_of(wanted), environments, progress)
        services = stack.enter_context(
            running_services(
                wanted.services,
                catalog,
                Environments(cache_dir()),
                work_dir=Path(work),
                cpus=placement.generator_cpus,
                external=external,
                observer=progress,
            )
        )
        wanted = dataclasses.replace(wanted, services=services.facts(wanted.services))
        prepared = prepare(wanted, services.fill_in(catalog), environments, Path(work), progress)
        make_folder(reports_dir)
        number = stored.number if stored else _create(opened, wanted, seed, placement, prepared)
        bench = Bench(
            store=opened,
            driver=NativeDriver(),
            start=real_starter(wanted, prepared, placement.server_cpus, Path(work), ports),
            not_installed=prepared.not_installed,
            generator_cpus=placement.generator_cpus,
            observer=progress,
            services=services,
            tools=tools,
            look=real_look(wanted, prepared, placement.server_cpus, Path(work)),
        )
        finished, stopped_by = _measure(number, bench, placement)
        if repeats and stopped_by is None:
            finished, stopped_by = _live(finished, repeats, prepared, bench, placement, Path(work))
    show(finished, reports_dir, as_json=as_json)
    if stopped_by is not None:
        what = str(stopped_by) or "interrupted"
        error_line(f"{what}; go on with: {_resumption(number, store, catalog_dir)}")
        if isinstance(stopped_by, ServiceFailed):
            log_lines(stopped_by.log_tail)
            return Exit.FAILED
        return Exit.INTERRUPTED
    return Exit.FAILED if finished.undeclared_failures() else Exit.DONE


def _tools(
    names: Sequence[DriverName], environments: Environments, progress: RunProgress
) -> dict[DriverName, Driver]:
    tools: dict[DriverName, Driver] = {}
    for name in names:
        if name in INSTALLABLE:
            progress(EnvironmentBuilding(name, 1, 1))
        tools[name] = find_tool(name, environments)
    return tools


def _resumption(number: int, store: str, catalog_dir: Path | None) -> str:
    """Write the command that goes on with a run."""
    words = ["timetrial", "run", "--resume", str(number)]
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


def _check_one_length(*given: float | None) -> None:
    if sum(each is not None for each in given) > 1:
        raise BadInput("--rounds, --precision and --budget each say when to stop: give one of them")


def _as_long_as(
    suite: Suite, rounds: int | None, precision: float | None, budget_s: float | None
) -> Suite:
    """Set when the run stops; without a wish, after the rounds of the suite."""
    if precision is not None:
        return dataclasses.replace(suite, rounds=LOOKS[-1], goal=Precision(precision))
    if budget_s is not None:
        most = most_rounds(suite, budget_s)
        return dataclasses.replace(suite, rounds=most, goal=Budget(budget_s))
    return dataclasses.replace(suite, rounds=rounds) if rounds else suite


def _ports(suite: Suite, first: int | None) -> dict[str, int]:
    if first is None:
        return {}
    ports = {stack.name: first + index for index, stack in enumerate(suite.stacks)}
    if max(ports.values()) > _HIGHEST_PORT:
        raise BadInput(f"{len(ports)} ports from {first} on go beyond {_HIGHEST_PORT}")
    for port in ports.values():
        require_free(HOST, port)
    return ports


def _create(
    store: Store, suite: Suite, seed: int | None, placement: Placement, prepared: Prepared
) -> int:
    machine = dataclasses.replace(
        read_machine(placement), preflight=look_at_machine(suite, placement)
    )
    return store.create_run(
        plan(suite, secrets.randbelow(2**32) if seed is None else seed),
        machine,
        [each.facts() for each in prepared.stacks.values()],
        metadata.version("timetrial"),
        datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _measure(
    number: int, bench: Bench, placement: Placement
) -> tuple[Run, KeyboardInterrupt | ServiceFailed | None]:
    """Measure, and tell what put an end to that, if anything did."""
    try:
        with confined_to(placement.generator_cpus):
            return execute(number, bench), None
    except (KeyboardInterrupt, ServiceFailed) as reason:
        return bench.store.load(number), reason


def _live(  # noqa: PLR0917 - what there is when a run has been measured
    run: Run, repeats: int, prepared: Prepared, bench: Bench, placement: Placement, work: Path
) -> tuple[Run, KeyboardInterrupt | None]:
    """Hold experiments on life cycles, and tell whether somebody put an end to that."""
    try:
        return hold_experiments(run, repeats, prepared, bench, placement, work), None
    except KeyboardInterrupt as reason:
        return bench.store.load(run.number), reason


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does: stop all servers, keep and show what was measured."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
