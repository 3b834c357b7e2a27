"""Servers whose capacity is known, and a search that is over in seconds: of virtual time, or real.

Each response takes 4 ms and there are 4 connections, which carry one request at a time: that makes
1,000 requests a second, whatever the machine does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from timetrial.drivers.driver import SessionConfig, Target
from timetrial.features.capacity.capacity import SearchRecord
from timetrial.features.capacity.capacity_target import UrlTarget
from timetrial.features.capacity.events import CapacityEvent
from timetrial.features.capacity.measure import CapacitySpec, measure
from timetrial.features.capacity.slo import read_slo
from timetrial.model.workload import Expectation, Request
from virtual_server import VirtualDriver, VirtualServer, VirtualTime

SERVICE_S = 0.004
CONNECTIONS = 4
CAPACITY_PER_S = CONNECTIONS / SERVICE_S
ADDRESS = "127.0.0.1:8000"
TARGET = Target(ADDRESS, ADDRESS, (Request("/", Expectation()),))
WANTED = CapacitySpec(
    title="GET /",
    objective=read_slo("p50<40ms,errors<5%"),
    budget_s=30.0,
    setting=SessionConfig(CONNECTIONS, (), 2.0),
    highest_per_s=10_000.0,
    created_at="2026-01-02T03:04:05+00:00",
    start_per_s=300.0,
    seed=1,
    shortest_s=0.3,
    recover_within_s=5.0,
)


@dataclass
class Scene:
    """A known server in virtual time, and what drives it."""

    time: VirtualTime = field(default_factory=VirtualTime)
    generator_wait: float = 0.0
    generator_gap: float = 0.0

    def __post_init__(self) -> None:
        self.server = VirtualServer(self.time, SERVICE_S)
        self.driver = VirtualDriver(
            self.time, lambda _target: self.server, self.generator_wait, self.generator_gap
        )

    def measured(
        self,
        observer: Callable[[CapacityEvent], None] = lambda _event: None,
        spec: CapacitySpec = WANTED,
    ) -> SearchRecord:
        """Search for the capacity of the server."""
        return measure(spec, UrlTarget(TARGET), self.driver, observer, self.time.clock)


def with_highest(rate_per_s: float) -> CapacitySpec:
    return replace(WANTED, highest_per_s=rate_per_s)
