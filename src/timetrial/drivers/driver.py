"""What a load generator has to offer, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from timetrial._engine import Histogram
from timetrial.measurement import Counts
from timetrial.workload import Expectation


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go, and what a correct response is."""

    address: str
    """IP address and port, as '127.0.0.1:8000'."""
    host: str
    """For the Host header."""
    path: str
    expect: Expectation | None
    """None: any response is correct."""


@dataclass(frozen=True, slots=True)
class Drive:
    """Load on one target: lead-in, window, drain."""

    target: int
    window_s: float
    lead_in_s: float = 0.0
    drain_s: float = 30.0
    """How long responses are waited for after the window; what is then missing is censored."""
    max_requests: int | None = None
    """Ends the window early when so many requests, lead-in included, are done."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a drive has got, lead-in included."""

    completions: int
    failures: int
    bytes_received: int
    connections: int


@dataclass(frozen=True, slots=True)
class DriveResult:
    """What a drive gave. Moments are readings of CLOCK_MONOTONIC; see `measurement.Window`."""

    started_ns: int
    opened_ns: int
    closed_ns: int
    drained_ns: int
    counts: Counts
    completions: int
    overall: Counts
    """From the begin of the lead-in until all was drained."""
    response_time: Histogram
    connect_time: Histogram
    statuses: dict[int, int]
    bytes_received: int
    connections_reached: int
    unsolicited: int
    """Connections on which bytes came that no request had asked for."""
    generator_cpu_s: float
    generator_threads: int


OnProgress = Callable[[Progress], None]


class DriverSession(Protocol):
    """Connections to all targets, kept while the load moves from one to the next."""

    def drive(self, drive: Drive, on_progress: OnProgress | None = None) -> DriveResult:
        """Drive one target; an interrupt ends the drive and is raised again.

        Raises EngineFault when the accounting does not add up.
        """

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc_info: object) -> None: ...


class Driver(Protocol):
    """Opens sessions."""

    def open(
        self, targets: Sequence[Target], *, connections: int, cpus: Sequence[int], timeout_s: float
    ) -> DriverSession: ...
