"""What a load generator has to offer, and what it gives back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self

from timetrial._engine import Histogram
from timetrial.model.load import ArrivalSchedule, ThinkSchedule
from timetrial.model.load_tool_report import CONNECTS, ToolFigures
from timetrial.model.measurement import Counts
from timetrial.model.workload import Request


@dataclass(frozen=True, slots=True)
class Tls:
    """What is believed of a server that speaks TLS."""

    host: str
    """The name that its certificate must have."""
    authorities: bytes | None = None
    """Certificates in PEM, one of which must vouch for it; None: those that this system trusts."""
    insecure: bool = False
    """Whether whoever answers is believed, whatever the authorities say."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go, and what they are."""

    address: str
    """IP address and port, as '127.0.0.1:8000' or '[::1]:8000', or 'unix:/path'."""
    host: str
    """For the Host header."""
    requests: tuple[Request, ...]
    """Sent in turn, over and over."""
    tls: Tls | None = None
    """How connections are encrypted; None: not at all."""
    sources: tuple[str, ...] = ()
    """IP addresses of this machine to connect from, in turn; empty: the system chooses."""


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """What stays the same in all drives of a session."""

    connections: int
    """To each target; in the open model the most that are opened."""
    cpus: tuple[int, ...]
    """That the generator's threads are pinned to, in turn; empty: not pinned."""
    timeout_s: float
    """From the send, or from the begin of a connect."""
    pipeline: int = 1
    """How many requests may be under way on one connection."""
    fresh_connections: bool = False
    """Whether each request gets a connection of its own."""
    backend: Literal["auto", "epoll", "io_uring"] = "auto"
    """How the generator asks the kernel; auto: the fastest that is usable here."""
    spin: bool = False
    """Whether the generator's threads never sleep: what it takes to wake them is then no part of
    the response times. They need CPUs of their own."""


@dataclass(frozen=True, slots=True)
class LoadSpec:
    """Load on one target: lead-in, window, drain."""

    target: int
    window_s: float
    lead_in_s: float = 0.0
    drain_s: float = 30.0
    """How long responses are waited for after the window; what is then missing is censored."""
    max_requests: int | None = None
    """Ends the window early when so many requests, lead-in included, are done."""
    open: ArrivalSchedule | None = None
    """The schedule of the open load model; without it and `users`, the closed model."""
    users: ThinkSchedule | None = None
    """The model of users that think."""
    progress_every_s: float = 0.1
    """How often whoever wants to know is told how far it has got."""


@dataclass(frozen=True, slots=True)
class Bin:
    """What ended within one tenth of a second."""

    completions: int
    failures: int
    response_times: dict[int, int]
    """Counts by response time in ns; only what occurred."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a drive has got, lead-in included."""

    completions: int | None
    """This one and the others: None where the load generator does not tell before the end."""
    failures: int | None
    bytes_received: int | None
    connections: int | None


@dataclass(frozen=True, slots=True)
class RequestResult:
    """What became of one of the target's requests, inside the window."""

    counts: Counts
    response_time: Histogram


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a drive gave. Moments are readings of CLOCK_MONOTONIC; see `measurement.Window`.

    What a load generator does not tell is None, or holds nothing; `tool` says what that is.
    """

    started_ns: int
    opened_ns: int
    closed_ns: int
    drained_ns: int
    counts: Counts
    completions: int
    overall: Counts
    """From the begin of the lead-in until all was drained."""
    response_time: Histogram
    """From the moment at which a request was due; failed ones at their elapsed time."""
    service_time: Histogram
    """From the send to the last byte."""
    lateness: Histogram
    """How much later than it could have the generator itself sent."""
    connect_time: Histogram
    by_request: tuple[RequestResult, ...]
    """For each of the target's requests, if there are 2 to 64."""
    iteration_time: Histogram
    """How long users took from the first request to the response to the last one."""
    series: tuple[Bin, ...]
    """By tenths of a second, from the begin of the lead-in on."""
    completions_per_connection: tuple[int, ...]
    statuses: dict[int, int]
    bytes_received: int | None
    connections_reached: int | None
    unsolicited: int | None
    """Connections on which bytes came that no request had asked for."""
    generator_cpu_s: float
    generator_wait_s: float | None
    """How long the generator's threads were ready to run and another one ran, inside the window;
    None where the kernel does not tell."""
    generator_threads: int
    tool: ToolFigures | None = None
    """What drove, if it was not the engine."""

    @property
    def connects(self) -> int | None:
        """How many connections were opened, where that is known."""
        unknown = self.tool is not None and CONNECTS in self.tool.unseen
        return None if unknown else self.connect_time.count


OnProgress = Callable[[Progress], None]


class Closing(ABC):
    """What is closed at the end of the `with` that opened it."""

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class DriverSession(Protocol):
    """Connections to all targets, kept while the load moves from one to the next."""

    def run_load(self, spec: LoadSpec, on_progress: OnProgress | None = None) -> LoadResult:
        """Drive one target; an interrupt ends the drive and is raised again.

        Raises EngineFault when the accounting does not add up.
        """

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc_info: object) -> None: ...


class Driver(Protocol):
    """Opens sessions."""

    def open(self, targets: Sequence[Target], setting: SessionConfig) -> DriverSession: ...


class DuetSession(Protocol):
    """Connections to two targets that are loaded at once."""

    def run_load(
        self, spec: LoadSpec, on_progress: OnProgress | None = None
    ) -> tuple[LoadResult, LoadResult]:
        """Drive both in the same window; `drive.target` does not count.

        Raises EngineFault when the accounting does not add up.
        """

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc_info: object) -> None: ...


class DuetDriver(Driver, Protocol):
    """A driver that can load two targets at once, too."""

    def open_duet(self, targets: tuple[Target, Target], setting: SessionConfig) -> DuetSession: ...
