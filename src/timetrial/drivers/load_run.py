"""One load on a URL: its terms, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.drivers.driver import LoadResult, SessionConfig
from timetrial.model import ArrivalSchedule, StreamSpec

Sent = Literal["request", "message", "stream"]
"""What is sent: requests of HTTP, messages of WebSockets, or requests that a stream answers."""


@dataclass(frozen=True, slots=True)
class LoadTerms:
    """The terms of a load."""

    request: str
    """Method and URL, or the file of requests and the URL; without passwords."""
    setting: SessionConfig
    schedule: ArrivalSchedule | None
    """None: the closed load model, or virtual users."""
    requests: tuple[str, ...] = ()
    """Method and path, or the name, of each request that is sent in turn."""
    has_users: bool = False
    """Whether each connection is a virtual user with think times."""
    sends: Sent = "request"
    http2: Literal["h2", "h2c"] | None = None
    """HTTP/2 by its name over TLS, or without; None: another protocol."""
    stream: StreamSpec | None = None
    """How responses were read as streams; None: they were none."""
    has_uploads: bool = False
    """Whether bodies of requests are sent in pieces."""
    idle_per_s: float | None = None
    """So many connections were opened a second, to hold them; None: another load."""

    def counted(self, count: int) -> str:
        """Return '1 request', '2 messages'."""
        return f"{count:,} {self.sends}{'' if count == 1 else 's'}"

    @property
    def load_model(self) -> str:
        if self.has_users:
            return "users"
        if self.idle_per_s is not None:
            return "idle"
        return "closed" if self.schedule is None else "open"


@dataclass(frozen=True, slots=True)
class LoadRun:
    """One load on a URL."""

    terms: LoadTerms
    result: LoadResult
    interrupted: bool = False
    """Whether an interrupt ended it; the result then covers the time until the interrupt."""

    @property
    def failed(self) -> bool:
        """Whether a request failed, an event was lost or wrong, or a connection was not held."""
        result = self.result
        return bool(
            result.overall.failed
            or (result.streams is not None and result.streams.is_damaged)
            or (result.idle is not None and result.idle.held < self.terms.setting.connections)
        )
