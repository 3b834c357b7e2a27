"""Services: the backing systems that an app talks to, as declared and as used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Service:
    """One backing system of a run."""

    name: str
    """Of its manifest in the catalog."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Values of all settings of its manifest, for example 'latency': '25ms'."""
    version: str = ""
    """As reported at its start, or 'external'; empty before the start."""


@dataclass(frozen=True, slots=True)
class ServiceUse:
    """The work of one service during the windows of one trial, lead-in and drain included."""

    name: str
    passed_s: float
    """Total length of those windows."""
    cores: int
    """Maximum number of cores that it can use."""
    cpu_s: float | None
    """CPU time of its process tree; None for an external service."""
    connections: int
    """Connections to it that the stack's processes held open at the end of the trial."""
    opened: int | None
    """Connections that were opened; None if the service does not count them."""
    requests: int | None
    """Requests that it answered; None if it does not count them."""
    delay_s: float | None
    """Configured response time, summed over requests; None if it has no such setting."""
    response_s: float | None
    """Actual response time, summed over requests."""
    http2: int | None = None
    """Opened connections that negotiated HTTP/2; None if it is not offered."""

    @property
    def cpu_share(self) -> float | None:
        """CPU time as a share of its cores' time, 0 to 1."""
        if self.cpu_s is None or not self.passed_s:
            return None
        return self.cpu_s / (self.passed_s * self.cores)

    @property
    def late_s(self) -> float | None:
        """Excess of the mean response time over the configured one, in seconds."""
        if not self.requests or self.delay_s is None or self.response_s is None:
            return None
        return (self.response_s - self.delay_s) / self.requests
