"""How hard a workload is driven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ClosedLoad:
    """Closed load model: so many connections, each sends when its last response has come."""

    connections: int
    timeout_s: float = 10.0
    """A response that takes longer is counted as a timeout, at its elapsed time."""

    def __str__(self) -> str:
        return f"{self.connections} connections"


@dataclass(frozen=True, slots=True)
class Stage:
    """A span in which the arrival rate stays, or goes evenly from one value to another."""

    duration_s: float
    rate_from: float
    """Requests a second at its begin …"""
    rate_to: float
    """… and at its end."""


@dataclass(frozen=True, slots=True)
class ThinkTime:
    """How long a user waits after a response: constant, or drawn anew each time."""

    low_s: float = 0.0
    high_s: float | None = None
    """With it, evenly spread from `low_s` to `high_s`."""
    mean_s: float | None = None
    """With it, exponential with this mean, whatever the others say."""


@dataclass(frozen=True, slots=True)
class UserLoad:
    """Each connection is a user who goes through the requests in order, and thinks after each."""

    think: tuple[ThinkTime, ...]
    """One for each request."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class OpenLoad:
    """Open load model: requests are due by a schedule, whatever becomes of earlier ones."""

    stages: tuple[Stage, ...]
    arrival: Literal["constant", "poisson"] = "poisson"
    seed: int = 0
    """Of Poisson arrivals: the same seed gives the same moments."""

    @property
    def duration_s(self) -> float:
        return sum(stage.duration_s for stage in self.stages)
