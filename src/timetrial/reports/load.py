"""The result of a single load run, as text and as data."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from timetrial._engine import Histogram
from timetrial.analysis.checks.generator_stops import stood_still_in
from timetrial.drivers.driver import LoadResult
from timetrial.drivers.load_run import LoadTerms
from timetrial.model import (
    NS_PER_MS,
    ArrivalSchedule,
    Counts,
    counted,
    duration,
    seconds,
    significant,
    size,
)
from timetrial.reports.connect_errors import connect_failed, name_of_error
from timetrial.reports.grids import bare
from timetrial.reports.http2_notes import http2_notes, streams_text
from timetrial.reports.streams_and_idle import (
    idle_data,
    stream_data,
    stream_rows,
    streams_and_idle_notes,
)
from timetrial.reports.tls_refusals import tls_refused
from timetrial.reports.tls_text import tls_texts
from timetrial.reports.uploads import transfer_data, transfer_text, upload_notes
from timetrial.reports.websocket_notes import websocket_notes

QUANTILES = (0.5, 0.75, 0.9, 0.99, 0.999)
_TAIL_NEEDS = 10
"""Response times that must lie beyond a quantile of a single load run for it to be shown."""
_GENERATOR_BUSY = 0.85
"""From this share of its CPUs on, the generator may be what limits the throughput of a closed
load; in an open one it polls before a request is due, and its lateness tells."""
_LATE_NS = NS_PER_MS
"""From this p99 of its lateness on, the generator is called late."""
_ERRORS = {
    "connect_failed": "connect failed",
    "reset": "connection reset",
    "closed_early": "closed early",
    "wrong_status": "wrong status",
    "wrong_body": "wrong body",
    "wrong_order": "wrong order",
    "malformed": "malformed response",
}


@dataclass(frozen=True, slots=True)
class Quantile:
    """One quantile of the response time."""

    q: float
    value_ns: int | None
    """None where there was no response time."""
    lower_bound: bool
    """True if it lies among requests that never got their response: the truth is at least this."""
    reliable: bool
    """False if too few response times lie beyond it."""


def quantiles(result: LoadResult, histogram: Histogram | None = None) -> tuple[Quantile, ...]:
    """Return the quantiles, in ns, of response time or of another histogram."""
    histogram = result.response_time if histogram is None else histogram
    count = histogram.count
    unanswered = result.counts.unanswered
    return tuple(
        Quantile(
            q,
            histogram.quantile(q) if count else None,
            lower_bound=bool(count) and unanswered > (1 - q) * count,
            reliable=(1 - q) * count >= _TAIL_NEEDS and bool(result.connections_reached),
        )
        for q in QUANTILES
    )


def length_s(result: LoadResult) -> float:
    return (result.closed_ns - result.opened_ns) / 1e9


def generator_share(result: LoadResult) -> float:
    """Return the CPU time of the generator's threads as a share of the time they had."""
    available_s = length_s(result) * result.generator_threads
    return result.generator_cpu_s / available_s if available_s else 0.0


def as_data(shape: LoadTerms, result: LoadResult) -> dict[str, object]:
    """Return all counts and figures, with the unit in each name."""
    window_s = length_s(result)
    histogram, connect = result.response_time, result.connect_time
    return {
        "request": shape.request,
        "load_model": shape.load_model,
        **_open(shape.schedule),
        "timeout_s": shape.setting.timeout_s,
        "pipeline": 1 if shape.http2 else shape.setting.pipeline,
        "fresh_connections": shape.setting.fresh_connections,
        "connections": shape.setting.connections,
        "connections_reached": result.connections_reached,
        "connections_opened": connect.count,
        "connections_opened_per_s": opened_per_s(result),
        "connect_time_p50_ns": connect.quantile(0.5) if connect.count else None,
        "connect_time_max_ns": connect.max_ns if connect.count else None,
        "duration_s": window_s,
        "completions_per_s": throughput_per_s(result),
        "requests": asdict(result.counts),
        "tls_refusal": None if result.tls_refusal is None else asdict(result.tls_refusal),
        "tls": None if result.tls is None else asdict(result.tls),
        "connect_error": (
            None if result.connect_error is None else name_of_error(result.connect_error)
        ),
        "websocket": None if result.websocket is None else asdict(result.websocket),
        "http2": _http2(shape, result),
        "deliveries": _deliveries(result),
        "streams": None if result.streams is None else stream_data(shape, result.streams),
        "idle": None if result.idle is None else idle_data(shape, result.idle),
        "responses_by_status": {str(status): n for status, n in result.statuses.items()},
        "unsolicited_responses": result.unsolicited,
        "bytes_received": result.bytes_received,
        **transfer_data(result, window_s),
        "response_time_ns": _described(result, histogram),
        "service_time_ns": _described(result, result.service_time),
        "lateness_ns": _described(result, result.lateness),
        "iteration_time_ns": _described(result, result.iteration_time),
        "by_request": [
            {
                "request": name,
                "requests": asdict(step.counts),
                "response_time_ns": _described(result, step.response_time),
            }
            for name, step in zip(shape.requests, result.by_request, strict=False)
        ],
        "completions_per_connection": list(result.completions_per_connection),
        "completions_per_100_ms": [interval.completions for interval in result.series],
        "failures_per_100_ms": [interval.failures for interval in result.series],
        "quantiles_that_are_lower_bounds": [
            f"p{quantile.q * 100:g}" for quantile in quantiles(result) if quantile.lower_bound
        ],
        "response_time_hdrhistogram_v2": base64.b64encode(histogram.encode()).decode("ascii"),
        "generator": {
            "threads": result.generator_threads,
            "cpu_s": result.generator_cpu_s,
            "cpu_share": generator_share(result),
            "run_queue_wait_s": result.generator_wait_s,
            "stood_still": None if result.gaps is None else asdict(result.gaps),
        },
    }


def _http2(shape: LoadTerms, result: LoadResult) -> dict[str, object] | None:
    if result.http2 is None:
        return None
    return {
        "protocol": shape.http2,
        "wanted_streams": shape.setting.pipeline,
        **asdict(result.http2),
    }


def _described(result: LoadResult, histogram: Histogram) -> dict[str, float | None]:
    has_any = bool(histogram.count)
    return {
        "mean": histogram.mean_ns if has_any else None,
        "min": histogram.min_ns if has_any else None,
        "max": histogram.max_ns if has_any else None,
        **{f"p{q.q * 100:g}": q.value_ns for q in quantiles(result, histogram)},
    }


def _deliveries(result: LoadResult) -> dict[str, object] | None:
    if (found := result.deliveries) is None:
        return None
    delay = _described(result, found.delay)
    return {"due": found.due, "heard": found.heard, "delay_ns": delay}


def _open(schedule: ArrivalSchedule | None) -> dict[str, object]:
    """Return what only an open load has; null in the other models."""
    if schedule is None:
        return dict.fromkeys(("arrival", "seed", "stages", "arrivals_planned_per_s"))
    stages = [
        {
            "duration_s": stage.duration_s,
            "rate_from_per_s": stage.rate_from,
            "rate_to_per_s": stage.rate_to,
        }
        for stage in schedule.stages
    ]
    return {
        "arrival": schedule.arrival,
        "seed": schedule.seed,
        "stages": stages,
        "arrivals_planned_per_s": planned_per_s(schedule),
    }


def planned_per_s(schedule: ArrivalSchedule) -> float:
    arrivals = sum(
        (stage.rate_from + stage.rate_to) / 2 * stage.duration_s for stage in schedule.stages
    )
    return arrivals / schedule.duration_s


def render(shape: LoadTerms, result: LoadResult) -> RenderableType:
    """Lay the result out for a terminal."""
    return Group(
        Text(f"{shape.request}", style="bold"),
        Text(""),
        _facts(shape, result),
        Text(""),
        _percentiles(shape, result),
        Text(""),
        _failures(shape, result),
        *(Text(note, style="yellow") for note in notes(result)),
    )


def generator_stood_still(result: LoadResult) -> bool:
    """Return whether the generator did not run for so long that the figures say little."""
    return result.gaps is not None and stood_still_in(result.gaps.largest_s, length_s(result))


def throughput_per_s(result: LoadResult) -> float:
    window_s = length_s(result)
    return result.completions / window_s if window_s else 0.0


def opened_per_s(result: LoadResult) -> float:
    """Return the connections that were opened a second, handshakes and upgrades included."""
    passed_s = seconds(result.drained_ns - result.started_ns)
    return result.connect_time.count / passed_s if passed_s else 0.0


def limited_by_generator(shape: LoadTerms, result: LoadResult) -> bool:
    """Return whether the throughput may be that of the generator."""
    busy = generator_share(result) > _GENERATOR_BUSY or generator_stood_still(result)
    return shape.schedule is None and busy


def is_late(shape: LoadTerms, result: LoadResult) -> bool:
    """Return whether the generator of an open load sent late."""
    return shape.schedule is not None and result.lateness.quantile(0.99) > _LATE_NS


def notes(result: LoadResult) -> Iterator[str]:
    """Say what else has to be known about the figures."""
    if result.tls_refusal is not None:
        yield tls_refused(result.tls_refusal)
    if result.connect_error is not None:
        yield connect_failed(result.connect_error)
    if result.gaps is not None and generator_stood_still(result):
        after_s = (result.gaps.largest_at_ns - result.started_ns) / 1e9
        yield (
            f"the load engine itself did not run for {significant(result.gaps.total_s)} s, from "
            f"{max(0.0, after_s):.1f} s on: it was stopped, or had no CPU. These figures are no "
            f"fault of the server: measure again"
        )
    if result.websocket is not None:
        yield from websocket_notes(result.websocket, result.connects or 0)
    if result.http2 is not None:
        yield from http2_notes(result.http2)
    yield from streams_and_idle_notes(result)
    yield from upload_notes(result)
    if result.unsolicited:
        yield (
            f"{result.unsolicited:,} times bytes came that belong to no request (a body after "
            f"status 204, or to HEAD?): each time the connection was closed and opened anew"
        )


def _facts(shape: LoadTerms, result: LoadResult) -> Table:
    window_s = length_s(result)
    table = Table.grid(padding=(0, 3))
    busy = generator_share(result)
    limited = limited_by_generator(shape, result)
    bound = "≥ " if limited else ""
    rate = throughput_per_s(result)
    table.add_row("throughput", f"{bound}{significant(rate)} {shape.sends}s/s", _window(result))
    received = result.bytes_received or 0
    table.add_row(
        "transfer",
        transfer_text(shape, result, window_s),
        f"{size(received)} received",
    )
    table.add_row(
        "connections",
        f"{result.connections_reached:,} of {shape.setting.connections:,} reached",
        _connects(result),
    )
    if result.tls is not None:
        table.add_row(result.tls.version, *tls_texts(result.tls))
    if result.websocket is not None:
        table.add_row("pings", f"{result.websocket.pings:,}", "of the server, all answered")
        if result.websocket.deflated is not None:
            table.add_row("compressed", counted(result.websocket.deflated, "connection", ","))
    if result.http2 is not None and shape.http2 is not None:
        streams = streams_text(result.http2, shape.setting.pipeline)
        table.add_row(f"HTTP/2 ({shape.http2})", streams, "on one connection at most")
    if shape.schedule is not None:
        came = significant(result.counts.arrivals / window_s if window_s else 0.0, 4)
        planned = significant(planned_per_s(shape.schedule), 4)
        table.add_row("arrivals", f"{came}/s", f"{shape.schedule.arrival}, {planned}/s planned")
    threads = f"{result.generator_threads} thread{'s' if result.generator_threads != 1 else ''}"
    warning = ": it may be the limit, give it more --threads" if limited else ""
    if generator_stood_still(result):
        warning = ", but it stood still"
    elif is_late(shape, result):
        warning = ", but late itself"
    table.add_row("generator", f"{busy:.0%} busy{warning}", threads)
    return table


def _connects(result: LoadResult) -> str:
    connect = result.connect_time
    if not connect.count:
        return "none opened"
    median, slowest = duration(connect.quantile(0.5)), duration(connect.max_ns)
    opened = f"{connect.count:,} opened ({significant(opened_per_s(result))}/s)"
    return f"{opened}, connect time p50 {median}, max {slowest}"


def _window(result: LoadResult) -> str:
    responses = "response" if result.completions == 1 else "responses"
    return f"{result.completions:,} correct {responses} in {significant(length_s(result))} s"


def _percentiles(shape: LoadTerms, result: LoadResult) -> Table:
    table = bare(gap=3)
    table.add_column("", no_wrap=True)
    for q in QUANTILES:
        table.add_column(f"p{q * 100:g}", justify="right", no_wrap=True)
    table.add_column("max", justify="right", no_wrap=True)
    rows = [("response time", result.response_time)]
    if shape.schedule is not None:
        rows += [("service time", result.service_time), ("own lateness", result.lateness)]
    for name, step in zip(shape.requests, result.by_request, strict=False):
        rows.append((f"  {name}", step.response_time))
    if result.iteration_time.count:
        rows.append(("iteration", result.iteration_time))
    if result.deliveries is not None:
        rows.append(("delivery to others", result.deliveries.delay))
    unbounded = [result.lateness]
    if result.streams is not None:
        streams = list(stream_rows(result.streams))
        rows += streams
        unbounded += [histogram for _, histogram in streams]
    for name, histogram in rows:
        bounded = all(histogram is not other for other in unbounded)
        cells = [quantile_text(q, bounded=bounded) for q in quantiles(result, histogram)]
        table.add_row(name, *cells, slowest(result, histogram, bounded=bounded))
    return table


def slowest(result: LoadResult, histogram: Histogram, *, bounded: bool) -> str:
    if not histogram.count or not result.connections_reached:
        return "–"
    unanswered = result.counts.unanswered
    return f"{'≥ ' if unanswered and bounded else ''}{duration(histogram.max_ns)}"


def quantile_text(quantile: Quantile, *, bounded: bool) -> str:
    if quantile.value_ns is None or not quantile.reliable:
        return "–"
    return f"{'≥ ' if quantile.lower_bound and bounded else ''}{duration(quantile.value_ns)}"


def _failures(shape: LoadTerms, result: LoadResult) -> Text:
    counts = result.overall
    if not counts.arrivals:
        return Text(f"no {shape.sends} was due", style="yellow")
    unfinished = f"{counts.censored:,} had no answer yet when the load ended"
    failed = counts.failed - (counts.censored or 0)
    if not failed:
        none = f"no failures in {shape.counted(counts.arrivals)}"
        return Text(f"{none}; {unfinished}" if counts.censored else none, style="green")
    lines = [f"{failed:,} of {shape.counted(counts.arrivals)} failed: {by_kind(shape, counts)}"]
    if counts.censored:
        lines.append(unfinished)
    if counts.wrong_status:
        statuses = ", ".join(f"{n:,} × {status}" for status, n in result.statuses.items())
        lines.append(f"responses by status: {statuses}")
    return Text("\n".join(lines), style="red")


def by_kind(shape: LoadTerms, counts: Counts) -> str:
    named = _ERRORS | {"timeout": f"timed out after {shape.setting.timeout_s:g} s"}
    kinds = ((name, getattr(counts, field)) for field, name in named.items())
    return ", ".join(f"{count:,} {name}" for name, count in kinds if count) or "none"
