"""One drive of a load generator at a URL: what was asked for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from timetrial.drivers.driver import LoadResult, SessionConfig
from timetrial.model.load import ArrivalSchedule


@dataclass(frozen=True, slots=True)
class LoadTerms:
    """What was asked for."""

    request: str
    """Method and URL, or the file of requests and the URL; without passwords."""
    setting: SessionConfig
    schedule: ArrivalSchedule | None
    """None: the closed load model, or users."""
    requests: tuple[str, ...] = ()
    """Method and path, or the name, of each request that is sent in turn."""
    has_users: bool = False
    """Whether each connection is a user who thinks between requests."""

    @property
    def load_model(self) -> str:
        if self.has_users:
            return "users"
        return "closed" if self.schedule is None else "open"


@dataclass(frozen=True, slots=True)
class LoadRun:
    """What was asked for, and what came of it."""

    terms: LoadTerms
    result: LoadResult
    interrupted: bool = False
    """Whether an interrupt ended it: the result is then of the time until that."""
