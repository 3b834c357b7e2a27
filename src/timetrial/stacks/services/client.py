"""What asks a service, whether Timetrial started it or not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Access:
    """How to get at a service."""

    url: str
    ca: Path | None = None
    """A file of authorities to trust, in PEM; None for those of the system."""
    control: Path | None = None
    """The file with the port that tells its counts, for those that have one."""


class ServiceClient(Protocol):
    """Asks one service, over a connection that it may keep."""

    def problem(self, timeout_s: float) -> str | None:
        """Ask, and say what is wrong with the answer; None if nothing is.

        Raises OSError when there was no answer within about `timeout_s`.
        """

    def counts(self) -> ServiceCounts:
        """Return what it says that it has done, as far as it says anything."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ServiceCounts:
    """Counts since the service was started; None for what it does not count."""

    opened: int | None = None
    """Connections."""
    http2: int | None = None
    """Connections that agreed on HTTP/2."""
    requests: int | None = None
    delay_s: float | None = None
    """How long it was set to take, added up over requests."""
    response_s: float | None = None
    """How long it took, likewise."""
