"""What a single load run says first: whether all requests were answered, how fast, one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from timetrial._engine import Histogram
from timetrial.drivers.driver import LoadResult
from timetrial.drivers.load_run import LoadTerms
from timetrial.model import duration, significant
from timetrial.reports.compact_table import Column, compact
from timetrial.reports.grids import prose
from timetrial.reports.load import (
    QUANTILES,
    by_kind,
    generator_share,
    generator_stood_still,
    is_late,
    length_s,
    limited_by_generator,
    notes,
    planned_per_s,
    quantile_text,
    quantiles,
    slowest,
    throughput_per_s,
)
from timetrial.reports.streams_and_idle import idle_headline, stream_headline, stream_rows
from timetrial.reports.uploads import transfer_text
from timetrial.reports.verdict_line import Headline, most, said
from timetrial.reports.websocket_notes import delivery_text

MOST_REQUESTS = 6
"""Whose response times have lines of their own."""
_GOES = {0.75: 5, 0.9: 3, 0.999: 2, 0.5: 1}
"""Quantiles that make room on a narrow terminal, those with the highest number first."""


def render_load(terms: LoadTerms, result: LoadResult, *, brief: bool = False) -> RenderableType:
    """Make the answer ready to be printed by rich; `brief`: the verdict and the table alone."""
    return _Answer(terms, result, brief)


@dataclass(frozen=True, slots=True)
class _Answer:
    terms: LoadTerms
    result: LoadResult
    brief: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        terms, result, width = self.terms, self.result, options.max_width
        load = f"{_load_text(terms)} · {significant(length_s(result))} s"
        if result.tls is not None:
            load += f" · {result.tls.version}"
        yield from said(headline_of(terms, result), terms.request, load, width)
        has_times = result.streams is None or result.streams.head_time.count
        if result.response_time.count and has_times:
            yield compact(_columns(terms, result), console, options)
        if self.brief:
            return
        yield from most((*_failures(terms, result), *notes(result)), width)
        yield _generator(terms, result, width)


def headline_of(terms: LoadTerms, result: LoadResult) -> Headline:
    """Say what became of the requests, and how many a second were answered."""
    counts = result.overall
    if not counts.arrivals:
        return Headline("NOTHING SENT", f"no {terms.sends} was due", failed=True)
    if result.streams is not None:
        return stream_headline(terms, result, result.streams)
    if result.idle is not None:
        return idle_headline(terms, result, result.idle)
    unfinished = counts.censored or 0
    failed = counts.failed - unfinished
    bound = "≥ " if limited_by_generator(terms, result) else ""
    used = " used" if terms.schedule is not None else ""
    parts = [
        f"{terms.counted(counts.arrivals)}, {failed:,} failed",
        *([f"{unfinished:,} unanswered at the end"] if unfinished else []),
        f"{bound}{significant(throughput_per_s(result), 4)}/s",
        transfer_text(terms, result, length_s(result)),
        f"{result.connections_reached:,} of {terms.setting.connections:,} connections{used}",
        *([delivery_text(result.deliveries)] if result.deliveries is not None else []),
    ]
    text = " · ".join(parts)
    if failed:
        return Headline(f"FAILED {terms.sends.upper()}S", text, failed=True)
    if generator_stood_still(result):
        return Headline("NOT MEASURED", text, failed=True)
    return Headline("OK", text, decided=True)


def _load_text(terms: LoadTerms) -> str:
    connections = terms.setting.connections
    if terms.schedule is not None:
        rate = significant(planned_per_s(terms.schedule), 4)
        arrival = "Poisson" if terms.schedule.arrival == "poisson" else terms.schedule.arrival
        return f"open load, {rate}/s ({arrival})"
    if terms.has_users:
        return f"{connections:,} {'user' if connections == 1 else 'users'}"
    text = f"{connections:,} {'connection' if connections == 1 else 'connections'}"
    if terms.idle_per_s is not None:
        return f"{text} opened at {terms.idle_per_s:,g}/s, then idle"
    if terms.http2 is not None:
        text = f"{terms.http2}, {text}"
    if terms.setting.pipeline > 1:
        text += f", {terms.setting.pipeline} requests in flight on each"
    return f"{text}, each {terms.sends} on a new one" if terms.setting.fresh_connections else text


def _columns(terms: LoadTerms, result: LoadResult) -> Iterator[Column]:
    rows = dict(_rows(terms, result))
    yield Column("", tuple(map(Text, rows)), is_figure=False, wraps=True)
    times = {name: quantiles(result, histogram) for name, histogram in rows.items()}
    # What a stream has shown was so, whatever became of others.
    bounded = result.streams is None
    for place, q in enumerate(QUANTILES):
        cells = (Text(quantile_text(each[place], bounded=bounded)) for each in times.values())
        yield Column(f"p{q * 100:g}", tuple(cells), goes=_GOES.get(q, 0))
    longest = (Text(slowest(result, histogram, bounded=bounded)) for histogram in rows.values())
    yield Column("max", tuple(longest), goes=4)


def _rows(terms: LoadTerms, result: LoadResult) -> Iterator[tuple[str, Histogram]]:
    if result.streams is not None:
        yield from stream_rows(result.streams)
        yield "whole stream", result.response_time
        return
    yield "response time", result.response_time
    if terms.schedule is not None:
        yield "  without queueing", result.service_time
    if 1 < len(terms.requests) <= MOST_REQUESTS:
        for number, name in enumerate(terms.requests[: len(result.by_request)]):
            again = f" (no. {number + 1})" if terms.requests.count(name) > 1 else ""
            yield f"  {name}{again}", result.by_request[number].response_time
    if result.iteration_time.count:
        yield "iteration", result.iteration_time
    if result.deliveries is not None:
        yield "delivery to others", result.deliveries.delay


def _failures(terms: LoadTerms, result: LoadResult) -> Iterator[str]:
    counts = result.overall
    if counts.failed - (counts.censored or 0):
        statuses = ", ".join(f"{count:,} × {status}" for status, count in result.statuses.items())
        by_status = f" (responses by status: {statuses})" if counts.wrong_status else ""
        yield f"Failed: {by_kind(terms, counts)}{by_status}."


def _generator(terms: LoadTerms, result: LoadResult, width: int) -> RenderableType:
    """Say whether the load generator was in order, and where all figures are."""
    busy = f"{100 * generator_share(result):.0f} % busy"
    late = ""
    if terms.schedule is not None and result.lateness.count:
        late = f", sent {duration(result.lateness.quantile(0.99))} late at p99"
    more = (". All figures: --details", "dim")
    if generator_stood_still(result):
        text = f"Load generator stood still: {busy}{late}"
    elif limited_by_generator(terms, result):
        text = f"Load generator may be the limit: {busy}; give it more --threads"
    elif is_late(terms, result):
        text = f"Load generator was late itself: {busy}{late}"
    else:
        return prose(Text.assemble(f"Load generator OK: {busy}{late}", more), width)
    return prose(Text.assemble((text, "yellow"), more), width)
