"""What a single drive says, as text and as data."""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from timetrial.drivers.driver import DriveResult
from timetrial.measurement import Counts
from timetrial.units import duration, significant, size

QUANTILES = (0.5, 0.75, 0.9, 0.99, 0.999)
_TAIL_NEEDS = 10
"""A quantile of a single drive is shown if at least so many response times lie beyond it."""
_GENERATOR_BUSY = 0.85
"""From this share of its CPUs on, the generator may be what limits the throughput."""
_ERRORS = {
    "connect_failed": "connect failed",
    "reset": "connection reset",
    "closed_early": "closed early",
    "timeout": "timed out",
    "wrong_status": "wrong status",
    "wrong_body": "wrong body",
    "malformed": "malformed response",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What was asked for."""

    request: str
    """Method and URL."""
    connections: int
    threads: int


@dataclass(frozen=True, slots=True)
class Quantile:
    """One quantile of the response time."""

    q: float
    value_ns: int
    lower_bound: bool
    """True if it lies among requests that never got their response: the truth is at least this."""
    reliable: bool
    """False if too few response times lie beyond it."""


def quantiles(result: DriveResult) -> tuple[Quantile, ...]:
    """Read the quantiles and judge what they are worth."""
    count = result.response_time.count
    unanswered = result.counts.timeout + result.counts.censored
    return tuple(
        Quantile(
            q,
            result.response_time.quantile(q) if count else 0,
            lower_bound=unanswered > (1 - q) * count,
            reliable=(1 - q) * count >= _TAIL_NEEDS and result.connections_reached > 0,
        )
        for q in QUANTILES
    )


def length_s(result: DriveResult) -> float:
    return (result.closed_ns - result.opened_ns) / 1e9


def generator_share(result: DriveResult) -> float:
    """Return the CPU time of the generator's threads as a share of the time they had."""
    available_s = length_s(result) * result.generator_threads
    return result.generator_cpu_s / available_s if available_s else 0.0


def as_data(shape: Shape, result: DriveResult) -> dict[str, object]:
    """List everything that was counted, with the unit in each name."""
    window_s = length_s(result)
    histogram = result.response_time
    return {
        "request": shape.request,
        "load_model": "closed",
        "connections": shape.connections,
        "connections_reached": result.connections_reached,
        "connections_opened": result.connect_time.count,
        "connect_time_p50_ns": result.connect_time.quantile(0.5),
        "connect_time_max_ns": result.connect_time.max_ns,
        "duration_s": window_s,
        "completions_per_s": result.completions / window_s if window_s else 0.0,
        "requests": asdict(result.counts),
        "responses_by_status": {str(status): n for status, n in result.statuses.items()},
        "unsolicited_responses": result.unsolicited,
        "bytes_received": result.bytes_received,
        "response_time_ns": {
            "mean": histogram.mean_ns,
            "min": histogram.min_ns,
            "max": histogram.max_ns,
            **{f"p{quantile.q * 100:g}": quantile.value_ns for quantile in quantiles(result)},
        },
        "quantiles_that_are_lower_bounds": [
            f"p{quantile.q * 100:g}" for quantile in quantiles(result) if quantile.lower_bound
        ],
        "response_time_hdrhistogram_v2": base64.b64encode(histogram.encode()).decode("ascii"),
        "generator": {
            "threads": result.generator_threads,
            "cpu_s": result.generator_cpu_s,
            "cpu_share": generator_share(result),
        },
    }


def render(shape: Shape, result: DriveResult) -> RenderableType:
    """Lay the result out for a terminal."""
    return Group(
        Text(f"{shape.request}", style="bold"),
        Text(""),
        _facts(shape, result),
        Text(""),
        _percentiles(result),
        Text(""),
        _failures(result),
    )


def _facts(shape: Shape, result: DriveResult) -> Table:
    window_s = length_s(result)
    table = Table.grid(padding=(0, 3))
    busy = generator_share(result)
    bound = "≥ " if busy > _GENERATOR_BUSY else ""
    rate = result.completions / window_s if window_s else 0.0
    table.add_row("throughput", f"{bound}{significant(rate)} requests/s", _window(result))
    table.add_row(
        "transfer",
        f"{size(result.bytes_received / window_s if window_s else 0)}/s",
        f"{size(result.bytes_received)} received",
    )
    table.add_row(
        "connections",
        f"{result.connections_reached:,} of {shape.connections:,} reached",
        _connects(result),
    )
    threads = f"{shape.threads} thread{'s' if shape.threads != 1 else ''}"
    warning = ": it may be the limit, give it more --threads" if bound else ""
    table.add_row("generator", f"{busy:.0%} busy{warning}", threads)
    return table


def _connects(result: DriveResult) -> str:
    connect = result.connect_time
    if not connect.count:
        return "none opened"
    median, slowest = duration(connect.quantile(0.5)), duration(connect.max_ns)
    return f"{connect.count:,} opened, connect time p50 {median}, max {slowest}"


def _window(result: DriveResult) -> str:
    responses = "response" if result.completions == 1 else "responses"
    return f"{result.completions:,} correct {responses} in {significant(length_s(result))} s"


def _percentiles(result: DriveResult) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("response time", no_wrap=True)
    cells: list[str] = []
    for quantile in quantiles(result):
        table.add_column(f"p{quantile.q * 100:g}", justify="right", no_wrap=True)
        cells.append(_quantile(quantile))
    table.add_column("max", justify="right", no_wrap=True)
    unanswered = result.counts.timeout + result.counts.censored
    count = result.response_time.count
    slowest = f"{'≥ ' if unanswered else ''}{duration(result.response_time.max_ns)}"
    table.add_row("", *cells, slowest if count and result.connections_reached else "–")
    return table


def _quantile(quantile: Quantile) -> str:
    if not quantile.reliable:
        return "–"
    return f"{'≥ ' if quantile.lower_bound else ''}{duration(quantile.value_ns)}"


def _failures(result: DriveResult) -> Text:
    counts = result.overall
    unfinished = f"{counts.censored:,} had no answer yet when the load ended"
    failed = counts.failed - counts.censored
    requests = "request" if counts.arrivals == 1 else "requests"
    if not failed and not result.unsolicited:
        none = f"no failures in {counts.arrivals:,} {requests}"
        return Text(f"{none}; {unfinished}" if counts.censored else none, style="green")
    lines = [f"{failed:,} of {counts.arrivals:,} {requests} failed: {_by_kind(counts)}"]
    if counts.censored:
        lines.append(unfinished)
    if counts.wrong_status:
        statuses = ", ".join(f"{n:,} × {status}" for status, n in result.statuses.items())
        lines.append(f"responses by status: {statuses}")
    if result.unsolicited:
        lines.append(f"{result.unsolicited:,} times more came than was asked for")
    return Text("\n".join(lines), style="red")


def _by_kind(counts: Counts) -> str:
    kinds = ((name, getattr(counts, field)) for field, name in _ERRORS.items())
    return ", ".join(f"{count:,} {name}" for name, count in kinds if count) or "none"
