"""What streams and idle connections showed: sentences, the parts of a verdict, data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from timetrial._engine import Histogram
from timetrial.drivers.driver import LoadResult
from timetrial.drivers.load_run import LoadTerms
from timetrial.drivers.streams_and_idle import IdleFacts, StreamFacts
from timetrial.model import counted, duration, significant
from timetrial.reports.verdict_line import Headline

_QUANTILES = (0.5, 0.9, 0.99)


def stream_rows(facts: StreamFacts) -> Iterator[tuple[str, Histogram]]:
    """Name the times of streams, from the moment that they were due."""
    yield "to the head", facts.head_time
    yield "to the first byte", facts.first_byte_time
    yield "to the first event", facts.first_event_time
    yield "between events", facts.gap


def stream_headline(terms: LoadTerms, result: LoadResult, facts: StreamFacts) -> Headline:
    counts, came = result.overall, facts.events.came
    failed = counts.failed - (counts.censored or 0)
    length_s = (result.drained_ns - result.started_ns) / 1e9
    due = f" of {facts.events.arrivals:,}" if came < facts.events.arrivals else ""
    is_numbered = terms.stream is not None and terms.stream.numbers is not None
    order = f", {facts.lost:,} lost, {facts.events.wrong:,} out of order" if is_numbered else ""
    unfinished = f"{counts.censored:,} unfinished at the end" if counts.censored else ""
    parts = (
        f"{terms.counted(counts.arrivals)}, {failed:,} failed",
        unfinished,
        f"{facts.most_held:,} held at once",
        f"{came:,}{due} events{order}",
        f"{significant(came / length_s if length_s else 0.0, 4)} events/s",
    )
    text = " · ".join(filter(None, parts))
    if failed:
        return Headline("FAILED STREAMS", text, failed=True)
    if facts.is_damaged:
        return Headline("EVENTS LOST" if facts.lost else "EVENTS OUT OF ORDER", text, failed=True)
    return Headline("OK", text, decided=True)


def idle_headline(terms: LoadTerms, result: LoadResult, facts: IdleFacts) -> Headline:
    wanted, failed = terms.setting.connections, result.overall.failed
    most = result.connections_reached or 0
    parts = (
        f"{facts.held:,} of {wanted:,} connections open at the end",
        f"{most:,} at most" if most > facts.held else "",
        f"{failed:,} of {terms.counted(result.overall.arrivals)} failed",
    )
    text = " · ".join(filter(None, parts))
    if facts.held < wanted:
        return Headline("NOT ALL HELD", text, failed=True)
    return Headline("HELD", text, decided=True)


def streams_and_idle_notes(result: LoadResult) -> Iterator[str]:
    """Say what streams and idle connections showed beside their figures."""
    if result.streams is not None:
        yield from _stream_notes(result.streams)
    if result.idle is not None:
        yield from _idle_notes(result.idle)


def _stream_notes(facts: StreamFacts) -> Iterator[str]:
    if facts.other_type is not None:
        had = f"is {facts.other_type!r}" if facts.other_type else "has no Content-Type"
        yield (
            f"The response {had}, and not text/event-stream: is this the path of a stream? The "
            "load ended with it."
        )
    if facts.is_buffered:
        waited = duration(facts.first_event_time.quantile(0.5))
        yield (
            f"Stream buffered: in {facts.together:,} of {facts.several:,} streams the first and "
            f"the last event came together, after {waited}: does the server, or a proxy before "
            "it, hold events back?"
        )
    if facts.silent:
        yield f"{counted(facts.silent, 'stream', ',')} had a response, but never an event."
    if facts.is_damaged:
        kinds = {
            "lost": facts.lost,
            "out of order": facts.late,
            "repeated": facts.repeated,
            "without a number that counts": facts.unnumbered,
        }
        yield f"Events: {', '.join(f'{count:,} {kind}' for kind, count in kinds.items() if count)}."


def _idle_notes(facts: IdleFacts) -> Iterator[str]:
    if facts.not_kept:
        ended = counted(facts.not_kept, "connection", ",")
        yield f"The server ended {ended} with the response: it does not keep them alive."
    closed = facts.closed_after
    if closed.count:
        resets = f", {facts.resets:,} of them by a reset" if facts.resets else ""
        yield (
            f"The server closed {counted(closed.count, 'idle connection', ',')}{resets}: the first "
            f"{duration(closed.min_ns)} after its response, half of them by "
            f"{duration(closed.quantile(0.5))}, the last after {duration(closed.max_ns)}."
        )


def stream_data(terms: LoadTerms, facts: StreamFacts) -> dict[str, object]:
    return {
        "asked": None if terms.stream is None else asdict(terms.stream),
        "events": asdict(facts.events),
        "out_of_order": facts.late,
        "repeated": facts.repeated,
        "unnumbered": facts.unnumbered,
        "lost": facts.lost,
        "comments": facts.comments,
        "most_held": facts.most_held,
        "ended_by_client": facts.left,
        "ended_by_server": facts.complete,
        "without_event": facts.silent,
        "with_several_events": facts.several,
        "came_together": facts.together,
        "buffered": facts.is_buffered,
        "other_content_type": facts.other_type,
        "head_time_ns": _times(facts.head_time),
        "first_byte_time_ns": _times(facts.first_byte_time),
        "first_event_time_ns": _times(facts.first_event_time),
        "gap_ns": _times(facts.gap),
    }


def idle_data(terms: LoadTerms, facts: IdleFacts) -> dict[str, object]:
    return {
        "opened_per_s": terms.idle_per_s,
        "held": facts.held,
        "not_kept_alive": facts.not_kept,
        "closed_by_server": facts.closed_after.count,
        "of_which_reset": facts.resets,
        "closed_after_ns": _times(facts.closed_after),
    }


def _times(histogram: Histogram) -> dict[str, float | None]:
    """Describe a time; null without any."""
    has_any = bool(histogram.count)
    return {
        "count": histogram.count,
        "mean": histogram.mean_ns if has_any else None,
        "min": histogram.min_ns if has_any else None,
        "max": histogram.max_ns if has_any else None,
        **{f"p{q * 100:g}": histogram.quantile(q) if has_any else None for q in _QUANTILES},
    }
