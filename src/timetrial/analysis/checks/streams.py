"""Streams whose events were held back, or did not all come in order."""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import EVENTS_LOST, STREAM_BUFFERED
from timetrial.analysis.statistics.quantile import decoded
from timetrial.model import Finding, WindowStreams, duration, nanoseconds

_FLOWS = 0.5
"""Events that are spread over this share of the time by design are not held back: where streams
wait for a thread, all of one may come in a small part of the whole."""


def find_buffered(context: CellContext) -> Finding | None:
    """Doubt a stack whose clients got the first event with the last one, after a wait."""
    streams = _streams(context)
    several = sum(each.several for each in streams)
    spread_ns = nanoseconds(context.benchmark.workload.wait_s)
    if not several or not spread_ns or _mean_spread_ns(context) >= _FLOWS * spread_ns:
        return None
    together = sum(each.together for each in streams)
    severity = STREAM_BUFFERED.judge(together / several)
    if severity is None:
        return None
    first = decoded(each.first_event_time for each in streams)
    waited = f", after {duration(round(first.quantile(0.5)))}" if first.count else ""
    return context.finding(
        STREAM_BUFFERED.name,
        severity,
        f"in {together:,} of {several:,} streams ({percent(together / several)}) the first and the "
        f"last event came together{waited}, though the app spreads them over "
        f"{duration(spread_ns)}: the server, or a proxy before it, holds events back.",
    )


def _mean_spread_ns(context: CellContext) -> float:
    """Return how long it was from the first event of a stream to the last, on average."""
    gaps = decoded(each.gap for each in _streams(context))
    streamed = (step.stream for step in context.benchmark.workload.steps)
    events = sum(stream.events or 0 for stream in streamed if stream is not None)
    return gaps.mean_ns * max(0, events - 1) if gaps.count else 0.0


def find_lost(context: CellContext) -> Finding | None:
    """Doubt a stack whose clients saw other streams than the app sent."""
    streams = _streams(context)
    events, damaged = sum(each.events for each in streams), sum(each.damaged for each in streams)
    severity = EVENTS_LOST.judge(damaged / events) if events else None
    if severity is None:
        return None
    kinds = {
        "lost": sum(each.lost for each in streams),
        "out of order": sum(each.late for each in streams),
        "repeated": sum(each.repeated for each in streams),
        "without their number": sum(each.unnumbered for each in streams),
    }
    said = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items() if count)
    return context.finding(EVENTS_LOST.name, severity, f"of {events:,} events: {said}.")


def _streams(context: CellContext) -> list[WindowStreams]:
    return [window.streams for window in context.windows() if window.streams is not None]
