"""What a service says that it has done so far."""

from __future__ import annotations

from dataclasses import dataclass


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
