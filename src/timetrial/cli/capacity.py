"""`timetrial capacity TARGET --slo …`: the highest arrival rate that keeps an objective."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from timetrial.capacity.capacity import Taken
from timetrial.capacity.search import ROUNDS
from timetrial.capacity.slo import Objective, read_slo
from timetrial.cli.capacity_progress import CapacityProgress
from timetrial.cli.capacity_target import Means, check_kind, is_url, stack_target, url_target
from timetrial.cli.exits import Exit
from timetrial.cli.folders import make_folder
from timetrial.cli.options import CATALOG, JSON, REPORTS
from timetrial.cli.output import PROGRESS, RESULTS, error_line, log_lines, write_json
from timetrial.cli.parameters import CpuSet, Duration
from timetrial.cli.project_options import PROJECT_OPTIONS
from timetrial.cli.request_options import REQUEST_OPTIONS
from timetrial.cli.request_parameters import RateType
from timetrial.cli.services import SERVICES
from timetrial.cli.workshop import placed, terminated_like_interrupted
from timetrial.drivers.driver import Setting
from timetrial.drivers.native import NativeDriver
from timetrial.errors import BadInput, StackFailed
from timetrial.load import MOST_CONNECTIONS
from timetrial.reports import capacity as report
from timetrial.reports.capacity_page import write_capacity
from timetrial.runner.capacity import Wanted, measure
from timetrial.runner.confine import confined_to

_HIGHEST_PER_S = 1_000_000.0
_SHORTEST_BUDGET_S = 20.0
_THREADS = 4


@click.command()
@PROJECT_OPTIONS
@click.option(
    "--slo", required=True, metavar="LIMITS",
    help="What has to hold: p99<100ms,errors<0.1%. Where nothing is said of errors, less than "
    "1 % may fail.",
)  # fmt: skip
@click.option(
    "--budget", type=Duration(), default="3m", show_default=True, metavar="TIME",
    help="How long the search may take, installing left out.",
)  # fmt: skip
@click.option(
    "--at-least", type=RateType(), metavar="RATE",
    help="Exit with 1 if the capacity is lower, as far as its interval tells.",
)  # fmt: skip
@click.option(
    "--max-rate", type=RateType(), default=_HIGHEST_PER_S, metavar="RATE",
    show_default="1,000,000", help="Try no higher rate.",
)  # fmt: skip
@click.option(
    "--start-rate", type=RateType(), metavar="RATE",
    help="Where the search begins.  [default: a quarter of what 16 connections get]",
)  # fmt: skip
@click.option(
    "--rounds", type=click.IntRange(3, 100), default=ROUNDS, show_default=True, metavar="N",
    help="Trials at each of the rates at which the answer is confirmed.",
)  # fmt: skip
@click.option(
    "-c", "--connections", type=click.IntRange(1, 65_535), default=MOST_CONNECTIONS,
    show_default=True, metavar="N", help="The most that are opened.",
)  # fmt: skip
@click.option(
    "--timeout", "timeout_s", type=Duration(), default="10s", show_default=True, metavar="TIME",
    help="A response that takes longer is an error.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), help="Of arrivals and of the order of trials.")
@REQUEST_OPTIONS
@click.option("--server", metavar="NAME", help="Of the catalog: which is to serve APP.")
@click.option(
    "--workers", type=click.IntRange(1, 256), metavar="N",
    help="Its processes.  [default: as many as there are CPUs for it]",
)  # fmt: skip
@click.option(
    "--threads", type=click.IntRange(1, 256), default=_THREADS, show_default=True, metavar="N",
    help="Its threads a process, if it has them.",
)  # fmt: skip
@click.option(
    "--cpus", type=CpuSet(), default=(), metavar="CPUS",
    help="With a URL: pin the load generator to these CPUs, 1 or 0-3.  [default: the last quarter]",
)  # fmt: skip
@click.option(
    "--ca", "authorities", type=click.Path(path_type=Path), metavar="FILE",
    help="For https: certificates (PEM) of authorities to trust, instead of the system's.",
)  # fmt: skip
@click.option("--insecure", is_flag=True, help="For https: believe whoever answers.")
@click.option(
    "--allow-remote", multiple=True, metavar="HOST",
    help="Load this host although it is not loopback.",
)  # fmt: skip
@SERVICES
@CATALOG
@REPORTS
@JSON
@click.pass_context
def capacity(
    context: click.Context,
    /,
    *,
    app: str,
    slo: str,
    budget: float,
    at_least: float | None,
    max_rate: float,
    start_rate: float | None,
    rounds: int,
    connections: int,
    timeout_s: float,
    seed: int | None,
    cpus: tuple[int, ...],
    reports_dir: Path,
    as_json: bool,
    **options: Any,  # noqa: ANN401 - of several types; those who read them say which
) -> int:
    """Find the highest rate of requests that keeps an objective: of a server that runs, if APP is
    its URL, or of a --server that is started with APP, as `timetrial race` does.
    """
    check_kind(context, app)
    objective = _objective(slo, timeout_s)
    _check_bounds(budget, start_rate, max_rate)
    placement = placed()
    generator_cpus = cpus or placement.generator_cpus
    make_folder(reports_dir)
    driver = NativeDriver()
    means = Means(Setting(connections, generator_cpus, timeout_s), driver, placement)
    target = url_target if is_url(app) else stack_target
    try:
        with (
            terminated_like_interrupted(),
            target(means, app=app, **options) as aimed,
            confined_to(generator_cpus),
            CapacityProgress(PROGRESS, budget) as progress,
        ):
            wanted = Wanted(
                title=aimed.title,
                objective=objective,
                budget_s=budget,
                setting=means.setting,
                highest_per_s=max_rate,
                created_at=datetime.now(UTC).isoformat(timespec="seconds"),
                start_per_s=start_rate,
                rounds=rounds,
                seed=secrets.randbelow(2**32) if seed is None else seed,
                notes=aimed.notes,
            )
            taken = measure(wanted, aimed.subject, driver, progress)
    except StackFailed as failed:
        error_line(f"the server {failed.reason}")
        log_lines(failed.log_tail)
        return Exit.FAILED
    return _show(taken, at_least, reports_dir, as_json=as_json)


def _objective(slo: str, timeout_s: float) -> Objective:
    objective = read_slo(slo)
    if objective.longest_s >= timeout_s:
        raise BadInput(
            f"--slo {slo!r} allows response times up to the --timeout of {timeout_s:g} s, after "
            "which nobody waits any more: give a longer --timeout"
        )
    return objective


def _check_bounds(budget_s: float, start_rate: float | None, max_rate: float) -> None:
    if budget_s < _SHORTEST_BUDGET_S:
        raise BadInput(
            f"--budget {budget_s:g} s is too short to confirm anything: at least "
            f"{_SHORTEST_BUDGET_S:g} s are allowed"
        )
    if start_rate is not None and start_rate > max_rate:
        raise BadInput(f"--start-rate {start_rate:g} is above --max-rate {max_rate:g}")


def _show(taken: Taken, at_least: float | None, reports_dir: Path, *, as_json: bool) -> int:
    found = report.document(taken, at_least)
    page = write_capacity(found, reports_dir)
    if as_json:
        write_json(report.as_json(found).rstrip())
    else:
        RESULTS.print(report.render(found))
        RESULTS.print()
        RESULTS.print(f"Report: {page}", soft_wrap=True)
    if taken.ending == "interrupted":
        return Exit.INTERRUPTED
    if found.asked is not None and found.asked.held == "no":
        return Exit.VERDICT_NO
    return Exit.FAILED if taken.ending == "died" else Exit.DONE
