"""One load on a URL: its terms, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.drivers.driver import LoadResult, SessionConfig
from timetrial.model import ArrivalSchedule


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
    sends: Literal["request", "message"] = "request"
    """What is sent: requests of HTTP, or messages of WebSockets."""
    http2: Literal["h2", "h2c"] | None = None
    """HTTP/2 by its name over TLS, or without; None: another protocol."""

    def counted(self, count: int) -> str:
        """Return '1 request', '2 messages'."""
        return f"{count:,} {self.sends}{'' if count == 1 else 's'}"

    @property
    def load_model(self) -> str:
        if self.has_users:
            return "users"
        return "closed" if self.schedule is None else "open"


@dataclass(frozen=True, slots=True)
class LoadRun:
    """One load on a URL."""

    terms: LoadTerms
    result: LoadResult
    interrupted: bool = False
    """Whether an interrupt ended it; the result then covers the time until the interrupt."""
