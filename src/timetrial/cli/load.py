"""`timetrial load URL`: the engine alone, as one would use wrk."""

from __future__ import annotations

import dataclasses
import json
import os
from typing import Literal, Unpack

import click

from timetrial.cli import load_options as options
from timetrial.cli.exits import Exit
from timetrial.cli.live import LoadProgress
from timetrial.cli.output import PROGRESS, RESULTS, write_json
from timetrial.cli.parameters import CpuSet, Duration
from timetrial.cli.target_options import ALLOW_REMOTE, EXPECT, REQUEST, TRUST, TargetOptions, aim
from timetrial.drivers.driver import Drive, DriveResult, Setting, Target
from timetrial.drivers.native import NativeDriver
from timetrial.errors import BadInput
from timetrial.load import OpenLoad, Stage, UserLoad
from timetrial.reports import load as load_report

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
    "-r", "--rate", type=options.RateType(),
    help="Open load model: so many requests a second are due, whatever becomes of them.",
)  # fmt: skip
@click.option(
    "--stage", "stages", type=options.StageType(), multiple=True, metavar="RATE[-RATE]@DURATION",
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
@REQUEST
@click.option(
    "--users", type=click.IntRange(1, 65_535),
    help="So many users, each of whom goes through --requests in order and thinks in between.",
)  # fmt: skip
@TRUST
@click.option(
    "--source", "sources", multiple=True, metavar="IP",
    help="Connect from this address; several are used in turn.",
)  # fmt: skip
@click.option(
    "--timeout", "timeout_s", type=Duration(), default="10s", show_default=True,
    help="A response that takes longer counts as a timeout, at its elapsed time.",
)  # fmt: skip
@EXPECT
@click.option(
    "--backend", type=click.Choice(["auto", "epoll", "io_uring"]), default="auto",
    show_default=True, help="How the kernel is asked for input and output.",
)  # fmt: skip
@click.option(
    "--spin", is_flag=True,
    help="Never sleep: the wake-up of the generator is then in no response time. Use --cpus.",
)  # fmt: skip
@ALLOW_REMOTE
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
    users: int | None,
    sources: tuple[str, ...],
    timeout_s: float,
    backend: Literal["auto", "epoll", "io_uring"],
    spin: bool,
    as_json: bool,
    **target_options: Unpack[TargetOptions],
) -> int:
    """Drive load at URL and tell what came of every request."""
    options.check_combination(context)
    aimed = aim(url, target_options, sources)
    schedule = options.open_load(rate, stages, duration, arrival, seed)
    drive = _drive(schedule, duration, count, timeout_s)
    if users is not None:
        drive = dataclasses.replace(drive, users=UserLoad(aimed.think, seed))
    setting = Setting(users or connections, cpus, timeout_s, pipeline, fresh, backend, spin)
    names = tuple(f"{request.method} {request.path}" for request in aimed.target.requests)
    shape = load_report.Shape(aimed.title, setting, schedule, names, has_users=users is not None)
    result, interrupted = _load(NativeDriver(threads), aimed.target, setting, drive)
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
