"""`timetrial capacity TARGET --slo …`: the highest arrival rate that keeps an objective."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Unpack

import click

from timetrial.capacity.capacity import Taken
from timetrial.capacity.search import ROUNDS
from timetrial.capacity.slo import Objective, read_slo
from timetrial.cli import load_options
from timetrial.cli.capacity_progress import CapacityProgress
from timetrial.cli.exits import Exit
from timetrial.cli.options import JSON, REPORTS
from timetrial.cli.output import PROGRESS, RESULTS, error_line, log_lines, write_json
from timetrial.cli.parameters import CpuSet, Duration
from timetrial.cli.report import make_folder
from timetrial.cli.target_options import ALLOW_REMOTE, EXPECT, REQUEST, TRUST, TargetOptions, aim
from timetrial.drivers.driver import Setting
from timetrial.drivers.native import NativeDriver
from timetrial.errors import BadInput, StackFailed
from timetrial.load import MOST_CONNECTIONS
from timetrial.reports import capacity as report
from timetrial.reports.capacity_page import write_capacity
from timetrial.runner.capacity import Wanted, measure
from timetrial.runner.neighbours import beside_generator
from timetrial.runner.subject import UrlSubject
from timetrial.stacks.placement import available_cpus, physical_cores, place

_HIGHEST_PER_S = 1_000_000.0
_SHORTEST_BUDGET_S = 20.0


@click.command()
@click.argument("target")
@click.option(
    "--slo", required=True, metavar="LIMITS",
    help="What has to hold: p99<100ms,errors<0.1%. Without a word on errors, less than 1 % may "
    "fail.",
)  # fmt: skip
@click.option(
    "--budget", type=Duration(), default="3m", show_default=True, metavar="TIME",
    help="How long the search may take.",
)  # fmt: skip
@click.option(
    "--at-least", type=load_options.RateType(), metavar="RATE",
    help="Exit with 1 if the capacity is lower, as far as its interval tells.",
)  # fmt: skip
@click.option(
    "--max-rate", type=load_options.RateType(), default=_HIGHEST_PER_S, metavar="RATE",
    show_default="1,000,000", help="Try no higher rate.",
)  # fmt: skip
@click.option(
    "--start-rate", type=load_options.RateType(), metavar="RATE",
    help="Where the search begins.  [default: a quarter of what 16 connections get]",
)  # fmt: skip
@click.option(
    "--rounds", type=click.IntRange(3, 100), default=ROUNDS, show_default=True,
    help="Trials at each of the rates at which the answer is confirmed.",
)  # fmt: skip
@click.option(
    "-c", "--connections", type=click.IntRange(1, 65_535), default=MOST_CONNECTIONS,
    show_default=True, help="The most that are opened.",
)  # fmt: skip
@click.option(
    "--cpus", type=CpuSet(), default=(),
    help="Pin the load generator to these CPUs: 1 or 0-3.  [default: the last quarter]",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), help="Of arrivals and of the order of trials.")
@REQUEST
@TRUST
@click.option(
    "--timeout", "timeout_s", type=Duration(), default="10s", show_default=True,
    help="A response that takes longer is an error.",
)  # fmt: skip
@EXPECT
@ALLOW_REMOTE
@REPORTS
@JSON
@click.pass_context
def capacity(
    context: click.Context,
    *,
    target: str,
    slo: str,
    budget: float,
    at_least: float | None,
    max_rate: float,
    start_rate: float | None,
    rounds: int,
    connections: int,
    cpus: tuple[int, ...],
    seed: int | None,
    timeout_s: float,
    reports_dir: Path,
    as_json: bool,
    **target_options: Unpack[TargetOptions],
) -> int:
    """Find the highest rate of requests at TARGET, a URL, that keeps an objective."""
    load_options.check_requests(context)
    objective = _objective(slo, timeout_s)
    _check_bounds(budget, start_rate, max_rate)
    aimed = aim(target, target_options)
    available = available_cpus()
    placement = place(available, physical_cores(available))
    generator_cpus = cpus or placement.generator_cpus
    wanted = Wanted(
        title=aimed.title,
        objective=objective,
        budget_s=budget,
        setting=Setting(connections, generator_cpus, timeout_s),
        highest_per_s=max_rate,
        start_per_s=start_rate,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        rounds=rounds,
        seed=secrets.randbelow(2**32) if seed is None else seed,
        notes=beside_generator(aimed.target.address, generator_cpus),
    )
    make_folder(reports_dir)
    try:
        with CapacityProgress(PROGRESS, budget) as progress:
            taken = measure(wanted, UrlSubject(aimed.target), NativeDriver(), progress)
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
