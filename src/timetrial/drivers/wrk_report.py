"""The report of wrk at its end, and the meaning of its figures.

wrk adds samples to its histogram before it shows it: for each response time t of at least twice
the mean interval between a connection's responses, one at t - interval, one at t - 2 × interval,
and so on (`stats_correct` in wrk's stats.c). They are no measurements, and are removed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ValidationError

from timetrial._engine import Histogram
from timetrial.model import CONNECTS, Counts, ToolFailed, ToolFigure, ToolFigures

_NS_PER_US = 1_000

UNSEEN = (
    "how many connections were reached",
    CONNECTS,
    "wrong bodies",
    "the order of responses",
    "requests without an answer at the end",
    "how late it sent",
)
_BLIND = (
    (
        "Each of wrk's windows is a process of its own: connections are opened inside it, and "
        "there is no lead-in."
    ),
    (
        "wrk takes every status below 400 as correct, and looks at no body; a refused connection "
        "may show as a failed read or write."
    ),
    (
        "wrk stops within 0.1 s after its time, and counts nothing that is unfinished then: a "
        "response that never comes is in none of its figures."
    ),
    (
        "A response that takes longer than the timeout is only counted, it is in no response time; "
        "no request is ended by it."
    ),
    "wrk's own percentiles hold samples that it adds by calculation; they are taken out of ours.",
)


class Errors(BaseModel):
    """Counts by wrk's names: errors of sockets, statuses from 400 on, and timeouts."""

    connect: int
    read: int
    write: int
    status: int
    timeout: int


class Report(BaseModel):
    """The line of JSON that wrk.lua writes; times in µs."""

    duration: int
    requests: int
    bytes: int
    errors: Errors
    latency: Mapping[str, float]
    percentiles: Mapping[str, int]
    rate: Mapping[str, float]
    """Requests a second of a thread, sampled every tenth of a second."""
    buckets: tuple[tuple[int, int], ...]
    """Response times and their counts, with the samples that wrk added."""


def read(output: str) -> Report:
    """Read wrk's standard output. Raises ToolFailed if its last line is no report."""
    lines = output.splitlines() or [""]
    try:
        return Report.model_validate_json(lines[-1])
    except ValidationError as error:
        raise ToolFailed("wrk", f"reported something else than expected: {lines[-1]!r}") from error


def counts(report: Report, depth: int) -> Counts:
    """Return wrk's responses and failed sockets as outcomes of requests."""
    errors = report.errors
    answered = report.requests - errors.status
    late = min(errors.timeout * depth, answered)
    return Counts(
        arrivals=report.requests + errors.connect + errors.read + errors.write,
        ok=answered - late,
        wrong_status=errors.status,
        wrong_body=None,
        wrong_order=None,
        connect_failed=errors.connect,
        reset=None,
        closed_early=None,
        malformed=None,
        timeout=late,
        censored=None,
    )


def response_times(report: Report, connections: int) -> Histogram:
    """Return wrk's samples in ns, without those that it added. Raises ToolFailed."""
    histogram = Histogram()
    for value_us, count in _measured(report, connections):
        histogram.record(max(1, value_us * _NS_PER_US), count)
    return histogram


def tool_figures(report: Report, version: str, command: Sequence[str], depth: int) -> ToolFigures:
    batch = (
        f"With {depth} requests in flight on a connection, wrk sends them at once, waits for all "
        f"{depth} responses, and takes one response time for the whole batch; some of its own "
        f"percentiles are then 0, because what it adds lies below what it looks through."
    )
    return ToolFigures(
        name="wrk",
        version=version,
        command=tuple(command),
        figures=tuple(_wrk_figures(report)),
        unseen=UNSEEN,
        blind=(*_BLIND, batch) if depth > 1 else _BLIND,
    )


def uncorrected(buckets: Mapping[int, int], interval: int) -> dict[int, int]:
    """Remove the samples that wrk's correction by an interval added; counts are by value.

    At a value beyond the interval, as many samples were added as there are now at value + interval:
    the measured ones there, and those that the correction added there.
    """
    measured = {
        value: count - (buckets.get(value + interval, 0) if value > interval else 0)
        for value, count in buckets.items()
    }
    return {value: count for value, count in measured.items() if count}


def _measured(report: Report, connections: int) -> Iterator[tuple[int, int]]:
    per_connection = report.requests // connections
    buckets = dict(report.buckets)
    measured = buckets
    if per_connection:
        measured = uncorrected(buckets, report.duration // per_connection)
    if min(measured.values(), default=0) < 0 or sum(measured.values()) > report.requests:
        raise ToolFailed("wrk", "has a histogram that does not fit the number of its requests")
    return iter(sorted(measured.items()))


def _wrk_figures(report: Report) -> Iterator[ToolFigure]:
    yield ToolFigure("duration", report.duration, "µs")
    yield ToolFigure("requests", report.requests, "")
    yield ToolFigure("bytes", report.bytes, "B")
    for kind, number in report.errors:
        yield ToolFigure(f"{kind} errors", number, "")
    for name, value in report.latency.items():
        yield ToolFigure(f"latency {name}", value, "µs")
    for percent, value in report.percentiles.items():
        yield ToolFigure(f"latency p{percent}", value, "µs")
    for name, value in report.rate.items():
        yield ToolFigure(f"requests a second and thread {name}", value, "1/s")
