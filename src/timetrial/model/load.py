"""How hard a workload is driven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from timetrial.model.text import counted
from timetrial.model.units import significant

MOST_CONNECTIONS = 1_000
"""The default maximum of an open load."""


@dataclass(frozen=True, slots=True)
class ClosedLoad:
    """Closed load model: each connection sends its next request after the last response."""

    connections: int
    timeout_s: float = 10.0
    """A response that takes longer is counted as a timeout, at its elapsed time."""
    pipeline: int = 1
    """Requests in flight on one connection."""
    fresh_connections: bool = False
    """Whether each request gets a connection of its own."""
    model: Literal["closed"] = "closed"

    def __str__(self) -> str:
        depth = f" with {self.pipeline} requests in flight on each" if self.pipeline > 1 else ""
        fresh = ", a new one for each request" if self.fresh_connections else ""
        return f"{counted(self.connections, 'connection')}{depth}{fresh}"


@dataclass(frozen=True, slots=True)
class ShareOfCapacity:
    """The origin of a rate: the stacks' capacities, measured in a pilot before the plan."""

    share: float
    """Of the smallest capacity, 0 to 1."""
    stack: str
    """The stack with the smallest capacity."""
    per_s: float
    """Requests a second that it answered under a closed load."""
    connections: int
    """Of that load."""
    at_least: bool = False
    """Whether clients or the load engine were the limit, so that its capacity is larger."""
    others: Mapping[str, float] = field(default_factory=dict)
    """The same of the other stacks, by name."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Stacks that have no capacity, and why."""

    def __str__(self) -> str:
        at_least = "at least " if self.at_least else ""
        return (
            f"{100 * self.share:g} % of the smallest capacity "
            f"({self.stack}, {at_least}{significant(self.per_s)} requests/s)"
        )


@dataclass(frozen=True, slots=True)
class OpenLoad:
    """Open load model at one rate: requests are due by a schedule, whatever the responses."""

    rate_per_s: float
    arrival: Literal["constant", "poisson"] = "poisson"
    connections: int = MOST_CONNECTIONS
    """The most that are opened."""
    timeout_s: float = 10.0
    pipeline: int = 1
    fresh_connections: bool = False
    model: Literal["open"] = "open"
    of_capacity: ShareOfCapacity | None = None
    """The origin of the rate; None: it was requested."""

    def __str__(self) -> str:
        rate = f"{self.rate_per_s:,g} requests a second"
        return rate + _shape(self.arrival, fresh_connections=self.fresh_connections)


@dataclass(frozen=True, slots=True)
class CapacityShareLoad:
    """Open load model at a rate that is not known yet: a share of the smallest capacity.

    A pilot turns it into an `OpenLoad` before there is a plan.
    """

    share: float
    """Of the smallest of the stacks' capacities, 0 to 1."""
    arrival: Literal["constant", "poisson"] = "poisson"
    connections: int = MOST_CONNECTIONS
    """The most that are opened."""
    timeout_s: float = 10.0
    pipeline: int = 1
    fresh_connections: bool = False
    model: Literal["share"] = "share"

    def at(self, rate_per_s: float, of_capacity: ShareOfCapacity | None = None) -> OpenLoad:
        return OpenLoad(
            rate_per_s,
            self.arrival,
            self.connections,
            self.timeout_s,
            self.pipeline,
            self.fresh_connections,
            of_capacity=of_capacity,
        )

    def __str__(self) -> str:
        share = f"{100 * self.share:g} % of the smallest capacity"
        return share + _shape(self.arrival, fresh_connections=self.fresh_connections)


@dataclass(frozen=True, slots=True)
class VirtualUsers:
    """Virtual users: each goes through the steps of the workload, and thinks after each step."""

    users: int
    timeout_s: float = 10.0
    model: Literal["users"] = "users"

    @property
    def connections(self) -> int:
        """Each user has one."""
        return self.users

    @property
    def pipeline(self) -> int:
        return 1

    @property
    def fresh_connections(self) -> bool:
        return False

    def __str__(self) -> str:
        return counted(self.users, "user")


@dataclass(frozen=True, slots=True)
class IdleConnections:
    """Connections that are opened at a rate, have one request each, and are then held."""

    connections: int
    per_s: float
    """So many are opened a second."""
    hold_s: float
    """For how long all are held once the last was opened."""
    timeout_s: float = 10.0
    model: Literal["idle"] = "idle"

    @property
    def pipeline(self) -> int:
        return 1

    @property
    def fresh_connections(self) -> bool:
        return False

    @property
    def opening_s(self) -> float:
        return self.connections / self.per_s

    @property
    def length_s(self) -> float:
        return self.opening_s + self.hold_s

    def __str__(self) -> str:
        opened = f"opened at {self.per_s:,g} a second and held for {self.hold_s:g} s"
        return f"{counted(self.connections, 'connection', ',')}, {opened}"


@dataclass(frozen=True, slots=True)
class Stage:
    """A span with a constant arrival rate, or a linear change from one rate to another."""

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
    """If given: uniformly distributed from `low_s` to `high_s`."""
    mean_s: float | None = None
    """If given: exponentially distributed with this mean; the other two do not count."""

    @property
    def average_s(self) -> float:
        if self.mean_s is not None:
            return self.mean_s
        return self.low_s if self.high_s is None else (self.low_s + self.high_s) / 2


@dataclass(frozen=True, slots=True)
class ThinkSchedule:
    """Each connection is a user that sends the requests in order, and thinks after each."""

    think: tuple[ThinkTime, ...]
    """One for each request."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ArrivalSchedule:
    """Open load model: requests are due by a schedule, whatever the earlier responses."""

    stages: tuple[Stage, ...]
    arrival: Literal["constant", "poisson"] = "poisson"
    seed: int = 0
    """Of Poisson arrivals: the same seed gives the same moments."""

    @property
    def duration_s(self) -> float:
        return sum(stage.duration_s for stage in self.stages)


Load = ClosedLoad | OpenLoad | CapacityShareLoad | VirtualUsers | IdleConnections
"""The loads of a benchmark; `CapacityShareLoad` as soon as it has a rate."""


def _shape(arrival: Literal["constant", "poisson"], *, fresh_connections: bool) -> str:
    spread = "Poisson" if arrival == "poisson" else "constant"
    fresh = ", a new connection for each" if fresh_connections else ""
    return f", {spread} arrivals{fresh}"
