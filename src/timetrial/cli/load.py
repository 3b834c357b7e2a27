"""`timetrial load URL`: the engine alone, as one would use wrk."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Literal

import click

from timetrial.address import resolve
from timetrial.cli import load_options as options
from timetrial.cli.exits import Exit
from timetrial.cli.live import LoadProgress
from timetrial.cli.output import PROGRESS, RESULTS, write_json
from timetrial.cli.parameters import CpuSet, Duration
from timetrial.cli.request_parameters import HeaderType, MethodType, RateType, StageType
from timetrial.drivers.driver import Drive, DriveResult, Request, Setting, Target
from timetrial.drivers.native import NativeDriver
from timetrial.errors import BadInput
from timetrial.load import OpenLoad, Stage, UserLoad
from timetrial.reports import load as load_report
from timetrial.secrecy import without_passwords
from timetrial.workload import Expectation

_UNBOUNDED_S = 24 * 3600.0


@click.command()
@click.argument("url")
@click.option(
    "-c", "--connections", type=click.IntRange(1, 65_535), default=50, show_default=True,
    help="Connections; with --rate the most that are opened.",
)  # fmt: skip
@click.option(
    "-t", "--threads", type=click.IntRange(1, 256), default=lambda: max(1, len(_cpus()) // 2),
    show_default="half of the CPUs", help="Threads of the generator.",
)  # fmt: skip
@click.option("--cpus", type=CpuSet(), default=(), help="Pin the threads to these CPUs: 1 or 0-3.")
@click.option("-d", "--duration", type=Duration(), help="How long.  [default: 10s, or --count]")
@click.option("-n", "--count", type=click.IntRange(min=1), help="How many requests.")
@click.option(
    "-r", "--rate", type=RateType(),
    help="Open load model: so many requests a second are due, whatever becomes of them.",
)  # fmt: skip
@click.option(
    "--stage", "stages", type=StageType(), multiple=True, metavar="RATE[-RATE]@DURATION",
    help="Open load model in stages: 100-1000@30s is a ramp.",
)  # fmt: skip
@click.option(
    "--arrival", type=click.Choice(["poisson", "constant"]), default="poisson", show_default=True,
    help="How the requests of the open model are spread in time.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), default=0, help="Of Poisson arrivals.")
@click.option(
    "--pipeline", type=click.IntRange(1, 1_000), default=1, show_default=True,
    help="Requests under way on one connection.",
)  # fmt: skip
@click.option("--fresh", is_flag=True, help="Open a connection for each request.")
@click.option(
    "-X", "--method", type=MethodType(), default="GET", show_default=True,
    help="Of the request.",
)  # fmt: skip
@click.option(
    "-H", "--header", "headers", type=HeaderType(), multiple=True, metavar="'NAME: VALUE'",
    help="Add a header, or replace the one that is sent by itself.",
)  # fmt: skip
@click.option("--body", default="", help="Of the request.")
@click.option(
    "--requests", "requests_file", type=click.Path(path_type=Path), metavar="FILE",
    help="Requests to send in turn, one JSON object a line: path, method, headers, body, expect.",
)  # fmt: skip
@click.option(
    "--users", type=click.IntRange(1, 65_535),
    help="So many users, each of whom goes through --requests in order and thinks in between.",
)  # fmt: skip
@click.option(
    "--ca", "authorities", type=click.Path(path_type=Path), metavar="FILE",
    help="For https: certificates (PEM) of authorities to trust, instead of the system's.",
)  # fmt: skip
@click.option("--insecure", is_flag=True, help="For https: believe whoever answers.")
@click.option(
    "--source", "sources", multiple=True, metavar="IP",
    help="Connect from this address; several are used in turn.",
)  # fmt: skip
@click.option(
    "--timeout", "timeout_s", type=Duration(), default="10s", show_default=True,
    help="A response that takes longer counts as a timeout, at its elapsed time.",
)  # fmt: skip
@click.option(
    "--expect-status", type=click.IntRange(100, 999), default=200, show_default=True,
    help="Responses with another status are failures.",
)  # fmt: skip
@click.option("--expect-body", help="Responses with another body are failures.")
@click.option(
    "--expect-template", metavar="TEXT",
    help="The same for a body with parts that differ: {*} stands for anything, {token} for the "
    "number that {token} in the URL was.",
)  # fmt: skip
@click.option(
    "--backend", type=click.Choice(["auto", "epoll", "io_uring"]), default="auto",
    show_default=True, help="How the kernel is asked for input and output.",
)  # fmt: skip
@click.option(
    "--spin", is_flag=True,
    help="Never sleep: the wake-up of the generator is then in no response time. Use --cpus.",
)  # fmt: skip
@click.option(
    "--allow-remote", multiple=True, metavar="HOST",
    help="Load this host although it is not loopback.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def load(
    context: click.Context,
    *,
    url: str,
    connections: int,
    threads: int,
    cpus: tuple[int, ...],
    duration: float | None,
    count: int | None,
    rate: float | None,
    stages: tuple[Stage, ...],
    arrival: Literal["constant", "poisson"],
    seed: int,
    pipeline: int,
    fresh: bool,
    method: str,
    headers: tuple[tuple[str, str], ...],
    body: str,
    requests_file: Path | None,
    users: int | None,
    authorities: Path | None,
    insecure: bool,
    sources: tuple[str, ...],
    timeout_s: float,
    expect_status: int,
    expect_body: str | None,
    expect_template: str | None,
    backend: Literal["auto", "epoll", "io_uring"],
    spin: bool,
    allow_remote: tuple[str, ...],
    as_json: bool,
) -> int:
    """Drive load at URL and tell what came of every request."""
    options.check_combination(context)
    address = resolve(url, frozenset(allow_remote))
    tls = options.tls(address, authorities, insecure=insecure)
    schedule = options.open_load(rate, stages, duration, arrival, seed)
    options.check_sources(sources, address.ip)
    expect = Expectation(expect_status, expect_body, body_template=expect_template)
    single = Request(address.path, expect, method, headers, body.encode())
    script = options.Script((single,), (), (f"{method} {address.path}",))
    shown = without_passwords(url)
    title = f"{method} {shown}"
    if requests_file is not None:
        if address.path != "/":
            raise BadInput(f"{shown!r} has a path, but --requests has paths of its own")
        script = options.read_requests(requests_file)
        title = f"{requests_file} at {shown}"
    drive = _drive(schedule, duration, count, timeout_s)
    if users is not None:
        drive = dataclasses.replace(drive, users=UserLoad(script.think, seed))
    target = Target(str(address), address.host, script.requests, tls, sources)
    setting = Setting(users or connections, cpus, timeout_s, pipeline, fresh, backend, spin)
    has_users = users is not None
    shape = load_report.Shape(title, setting, schedule, script.names, has_users=has_users)
    result, interrupted = _load(NativeDriver(threads), target, setting, drive)
    if as_json:
        write_json(json.dumps(load_report.as_data(shape, result), indent=2))
    else:
        RESULTS.print(load_report.render(shape, result))
    if interrupted:
        return Exit.INTERRUPTED
    return Exit.FAILED if result.overall.failed else Exit.DONE


def _load(
    driver: NativeDriver, target: Target, setting: Setting, drive: Drive
) -> tuple[DriveResult, bool]:
    """Drive, and tell whether that was interrupted."""
    try:
        session = driver.open([target], setting)
    except (OSError, ValueError) as error:
        raise BadInput(f"the load cannot be driven: {error}") from error
    with session:
        try:
            with LoadProgress(PROGRESS, drive) as progress:
                return session.drive(drive, progress.show), False
        except OSError as error:
            raise BadInput(f"the load cannot be driven: {error}") from error
        except KeyboardInterrupt:
            if not session.interrupted:
                raise
            (result,) = session.interrupted
            return result, True


def _drive(
    schedule: OpenLoad | None, duration_s: float | None, count: int | None, timeout_s: float
) -> Drive:
    if schedule is not None:
        window_s = schedule.duration_s
    elif duration_s is not None:
        window_s = duration_s
    else:
        window_s = _UNBOUNDED_S if count else 10.0
    return Drive(0, window_s, drain_s=timeout_s, max_requests=count, open=schedule)


def _cpus() -> set[int]:
    return os.sched_getaffinity(0)
