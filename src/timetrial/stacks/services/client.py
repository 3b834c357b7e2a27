"""Clients of services, whether Timetrial started them or not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Access:
    """The address of a service."""

    url: str
    ca: Path | None = None
    """A PEM file of trusted authorities; None for those of the system."""
    control: Path | None = None
    """The file with the number of the port that reports counts; None without one."""


class ServiceClient(Protocol):
    """Sends requests to one service, over a connection that it may keep."""

    def problem(self, timeout_s: float) -> str | None:
        """Send a request; return what is wrong with the response, None if nothing is.

        Raises OSError without a response within about `timeout_s`.
        """

    def counts(self) -> ServiceCounts:
        """Return the counts that the service reports. Raises OSError if it does not respond."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ServiceCounts:
    """Counts since the start of a service; None for what it does not count."""

    opened: int | None = None
    """Connections."""
    http2: int | None = None
    """Connections that agreed on HTTP/2."""
    requests: int | None = None
    delay_s: float | None = None
    """The sum of the delays that were set, over all requests."""
    response_s: float | None = None
    """The sum of the response times, over all responses."""
