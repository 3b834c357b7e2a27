"""What the engine tells of streams, made up."""

from __future__ import annotations

from timetrial._engine import Histogram
from timetrial.drivers.streams_and_idle import EventCounts, StreamFacts


def stream_facts(held: int = 8, events: int = 100) -> StreamFacts:
    """Make up streams that flow, one tick in 20 ms."""
    first, gap = Histogram(), Histogram()
    first.record(1_000_000, held)
    gap.record(20_000_000, events)
    return StreamFacts(
        EventCounts(arrivals=events, ok=events),
        late=0, repeated=0, unnumbered=0, lost=0, comments=0, most_held=held, left=held,
        complete=0, silent=0, several=held, together=0, head_time=first, first_byte_time=first,
        first_event_time=first, gap=gap,
    )  # fmt: skip
