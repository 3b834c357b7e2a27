"""Responses that are streams: how they are read, and what became of them in a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

StreamKind = Literal["sse", "chunks"]
"""What an event is: a server-sent one, or a chunk; of what is not chunked, what is read at once."""
EVENT_STREAM = "text/event-stream"
"""The media type of server-sent events."""


def is_event_stream(content_type: str) -> bool:
    """Whether this value of Content-Type is that of server-sent events."""
    return content_type.partition(";")[0].strip().lower() == EVENT_STREAM


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """How responses are read as streams."""

    kind: StreamKind
    numbers: str | None = None
    """Where server-sent events have a number that grows by one: 'id', or the text before it in
    their data. None: they have none."""
    events: int | None = None
    """After so many the client leaves; None: it stays until the load ends."""


@dataclass(frozen=True, slots=True)
class WindowStreams:
    """The streams of one window; counts include its lead-in and its drain.

    Times are histograms, encoded as that of the window, of streams that were due between opening
    and closing, from that moment on.
    """

    events: int
    """Those that were due: of streams, beyond them, and those whose numbers were skipped."""
    came: int
    lost: int
    """Numbers that never came; 0, as the next two, where events have none."""
    late: int
    """Behind one with a higher number."""
    repeated: int
    unnumbered: int
    """Without a number where each was to have one."""
    several: int
    """Streams that had two events or more."""
    together: int
    """Of those, had the first and the last event at once, at the end of a wait."""
    head_time: str
    """To the end of the response's head."""
    first_byte_time: str
    first_event_time: str
    gap: str
    """From event to event, of those that came between opening and closing."""

    @property
    def damaged(self) -> int:
        """Events that are lost, out of order, repeated or without their number."""
        return self.lost + self.late + self.repeated + self.unnumbered


@dataclass(frozen=True, slots=True)
class StreamsBeside:
    """Streams that were held on connections of their own while requests were measured."""

    wanted: int
    held: int
    """The most that had an event and had not ended, at once."""
