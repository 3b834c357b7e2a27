"""Connections that stay open: streams of events, and idle ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from timetrial._engine import Histogram


@dataclass(frozen=True, slots=True)
class EventCounts:
    """The events that were due, each in one place.

    Due are those that a stream was to have, those that came beyond, and those that were skipped.
    """

    arrivals: int = 0
    ok: int = 0
    wrong: int = 0
    """Out of order, repeated, or without a number."""
    error: int = 0
    """Skipped, or due on a stream that failed."""
    timeout: int = 0
    censored: int = 0

    @property
    def came(self) -> int:
        return self.ok + self.wrong


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What streams had, lead-in and drain included. Times are in ns, of those due in the window."""

    events: EventCounts
    late: int
    """Events out of order."""
    repeated: int
    """Events whose number had come before, or lay before the first."""
    unnumbered: int
    """Events without a number, or with one that does not count, where each was to have one."""
    lost: int
    """Numbers that never came."""
    comments: int
    most_held: int
    """The most streams at once that had had an event."""
    left: int
    """Correct ones that the client ended."""
    complete: int
    """Correct ones that the server ended."""
    silent: int
    """Had the head of a response, but never an event."""
    several: int
    """Had two events or more."""
    together: int
    """Of those, had the first and the last at once, at the end of a wait."""
    head_time: Histogram
    """To the end of the response's head."""
    first_byte_time: Histogram
    """To the first byte behind it."""
    first_event_time: Histogram
    gap: Histogram
    """Between two events of a stream, inside the window."""
    other_type: str | None = None
    """Content-Type of the first response that was no stream of events; '' where it had none."""

    @classmethod
    def of(
        cls,
        events: Mapping[str, int],
        counts: Mapping[str, int],
        times: Mapping[str, Histogram],
        other_type: str | None,
    ) -> Self:
        """Build it from what the engine tells."""
        return cls(
            EventCounts(**events),
            **counts,
            head_time=times["head"],
            first_byte_time=times["first_byte"],
            first_event_time=times["first_event"],
            gap=times["gap"],
            other_type=other_type,
        )

    @property
    def is_damaged(self) -> bool:
        """Whether events are lost, out of order, repeated or without their number."""
        return bool(self.events.wrong or self.lost)

    @property
    def is_buffered(self) -> bool:
        """Whether something seems to hold streams back until they end."""
        return self.together * 2 > self.several


@dataclass(frozen=True, slots=True)
class IdleFacts:
    """What became of connections after their one response."""

    held: int
    """Open at the end."""
    not_kept: int
    """The server ended them with their response."""
    resets: int
    """Of those that it ended later, so many were reset."""
    closed_after: Histogram
    """In ns from the response on, until the server ended them."""
