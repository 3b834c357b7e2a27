"""What is read of a response that is a stream, before anything is measured."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol

from timetrial.model import EVENT_STREAM, StreamSpec, is_event_stream

_READ_BYTES = 1 << 16
_LINE_ENDS = (b"\r\n", b"\n", b"\r")
_TOLD_CHARACTERS = 80


class Response(Protocol):
    """A response whose head was read."""

    def getheader(self, name: str, default: str) -> str: ...

    def read1(self, n: int) -> bytes:
        """Return what is there, of one chunk at most; nothing at the end."""


@dataclass(frozen=True, slots=True)
class StreamRead:
    """What was read of a stream."""

    body: bytes
    """To the end of the last event that was wanted."""
    events: int
    spread_s: float
    """From the first event to the last one."""
    fault: str = ""
    """Why it is not the stream that was asked for, as a predicate."""


@dataclass(slots=True)
class EventReader:
    """Finds server-sent events in pieces of a body: blocks with data, each before a blank line."""

    rest: bytes = b""
    """Of a line that has not ended."""
    _has_data: bool = field(default=False)

    def feed(self, piece: bytes) -> list[int]:
        """Return, for each event that ends in this piece, the place in it behind the event."""
        offset, received = -len(self.rest), self.rest + piece
        ends: list[int] = []
        at = 0
        while (line := _line(received, at)) is not None:
            content, at = line
            if content:
                self._has_data |= content == b"data" or content.startswith(b"data:")
            elif self._has_data:
                ends.append(max(0, at + offset))
                self._has_data = False
        self.rest = received[at:]
        return ends


def _line(received: bytes, at: int) -> tuple[bytes, int] | None:
    """Return the line that begins there, and where the next one does; None if it has not ended."""
    found = [(place, end) for end in _LINE_ENDS if (place := received.find(end, at)) >= 0]
    if not found:
        return None
    place = min(place for place, _ in found)
    if received[place : place + 1] == b"\r" and place + 1 == len(received):
        return None  # a line feed may follow in the next piece
    width = 2 if received[place : place + 2] == b"\r\n" else 1
    return received[at:place], place + width


def read_stream(response: Response, spec: StreamSpec, most_bytes: int) -> StreamRead:
    """Read as many events as are wanted; without a number, one.

    Raises OSError if the stream is silent for too long before its first event.
    """
    content_type = response.getheader("Content-Type", "")
    if spec.kind == "sse" and not is_event_stream(content_type):
        body = response.read1(_READ_BYTES)
        return StreamRead(body, 0, 0.0, _other_type(content_type))
    wanted = spec.events or 1
    body, events, reader = b"", 0, EventReader()
    first_s = last_s = 0.0
    while events < wanted:
        try:
            piece = response.read1(_READ_BYTES)
        except TimeoutError:
            if not events:
                raise
            fault = f"sent {events:,} of {wanted:,} events, and then nothing for long"
            return StreamRead(body, events, last_s - first_s, fault)
        if not piece or len(body) > most_bytes:
            how = "ended" if not piece else "was too large"
            fault = f"{how} after {events:,} of {wanted:,} events"
            return StreamRead(body, events, last_s - first_s, fault)
        ends = [len(piece)] if spec.kind == "chunks" else reader.feed(piece)
        ends = ends[: wanted - events]
        if ends:
            last_s = time.monotonic()
            first_s = first_s if events else last_s
            events += len(ends)
        body += piece[: ends[-1]] if events == wanted else piece
    return StreamRead(body, events, last_s - first_s)


def _other_type(content_type: str) -> str:
    had = f"with {content_type[:_TOLD_CHARACTERS]!r}" if content_type else "without a Content-Type"
    return f"answered {had}, and not with {EVENT_STREAM}: is this the path of a stream?"
