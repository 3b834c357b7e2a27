"""Services: the backing systems that an app talks to, as wished for and as used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Service:
    """One backing system of a run."""

    name: str
    """Of its manifest in the catalog."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """All that its manifest lets be set, as 'latency': '25ms'."""
    version: str = ""
    """What it called itself when it was started, or 'external'; empty before that."""


@dataclass(frozen=True, slots=True)
class ServiceUse:
    """What one service did during the windows of one trial, lead-in and drain included."""

    name: str
    passed_s: float
    """Length of those spans."""
    cores: int
    """How many cores it can use at most."""
    cpu_s: float | None
    """CPU time of its process tree; None for an external service."""
    connections: int
    """Connections to it that the stack's processes held open when the trial was over."""
    opened: int | None
    """Connections that were opened; None if the service does not count them."""
    requests: int | None
    """Requests that it answered; None if it does not count them."""
    delay_s: float | None
    """How long it was set to take, added up over requests; None if it has no such setting."""
    response_s: float | None
    """How long it took, likewise."""
    http2: int | None = None
    """How many of the connections that were opened agreed on HTTP/2; None if it is not offered."""

    @property
    def cpu_share(self) -> float | None:
        """CPU time as a share of the time that its cores have, 0 to 1."""
        if self.cpu_s is None or not self.passed_s:
            return None
        return self.cpu_s / (self.passed_s * self.cores)

    @property
    def late_s(self) -> float | None:
        """By how much the mean request took longer than the service was set to take."""
        if not self.requests or self.delay_s is None or self.response_s is None:
            return None
        return (self.response_s - self.delay_s) / self.requests
