"""`timetrial load URL`: the engine alone, as one would use wrk."""

from __future__ import annotations

import json
import os

import click

from timetrial.address import Address, resolve
from timetrial.cli.exits import Exit
from timetrial.cli.live import LoadProgress
from timetrial.cli.output import PROGRESS, RESULTS, write_json
from timetrial.cli.parameters import CpuSet, Duration
from timetrial.drivers.driver import Drive, Target
from timetrial.drivers.native import NativeDriver
from timetrial.reports import load as load_report
from timetrial.workload import Expectation

_UNBOUNDED_S = 24 * 3600.0


@click.command()
@click.argument("url")
@click.option(
    "-c", "--connections", type=click.IntRange(1, 65_535), default=50, show_default=True,
    help="Connections; each sends its next request when the last response has come.",
)  # fmt: skip
@click.option(
    "-t", "--threads", type=click.IntRange(1, 256), default=lambda: max(1, len(_cpus()) // 2),
    show_default="half of the CPUs", help="Threads of the generator.",
)  # fmt: skip
@click.option("--cpus", type=CpuSet(), default=(), help="Pin the threads to these CPUs: 1 or 0-3.")
@click.option("-d", "--duration", type=Duration(), help="How long.  [default: 10s, or --requests]")
@click.option("-n", "--requests", type=click.IntRange(min=1), help="How many requests.")
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
    "--allow-remote", multiple=True, metavar="HOST",
    help="Load this host although it is not loopback.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def load(
    *,
    url: str,
    connections: int,
    threads: int,
    cpus: tuple[int, ...],
    duration: float | None,
    requests: int | None,
    timeout_s: float,
    expect_status: int,
    expect_body: str | None,
    allow_remote: tuple[str, ...],
    as_json: bool,
) -> int:
    """Drive load at URL and tell what came of every request."""
    address = resolve(url, frozenset(allow_remote))
    expect = Expectation(status=expect_status, body=expect_body)
    window_s = duration if duration is not None else (_UNBOUNDED_S if requests else 10.0)
    drive = Drive(target=0, window_s=window_s, drain_s=timeout_s, max_requests=requests)
    driver = NativeDriver(threads)
    session = driver.open(
        [_target(address, expect)], connections=connections, cpus=cpus, timeout_s=timeout_s
    )
    interrupted = False
    with session:
        try:
            with LoadProgress(PROGRESS, drive) as progress:
                result = session.drive(drive, progress.show)
        except KeyboardInterrupt:
            if session.interrupted is None:
                raise
            interrupted, result = True, session.interrupted
    shape = load_report.Shape(f"GET {url}", connections, result.generator_threads)
    if as_json:
        write_json(json.dumps(load_report.as_data(shape, result), indent=2))
    else:
        RESULTS.print(load_report.render(shape, result))
    if interrupted:
        return Exit.INTERRUPTED
    return Exit.FAILED if result.overall.failed else Exit.DONE


def _target(address: Address, expect: Expectation) -> Target:
    return Target(address=str(address), host=address.host, path=address.path, expect=expect)


def _cpus() -> set[int]:
    return os.sched_getaffinity(0)
