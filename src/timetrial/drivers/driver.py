"""The protocol of load generators: their input, and their results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, Self

from timetrial._engine import Histogram
from timetrial.drivers.streams_and_idle import IdleFacts, StreamFacts
from timetrial.model import (
    CONNECTS,
    ArrivalSchedule,
    Counts,
    Http2Facts,
    Request,
    StreamSpec,
    ThinkSchedule,
    TlsHandshakes,
    ToolFigures,
)


@dataclass(frozen=True, slots=True)
class Tls:
    """How the certificate of a server is checked."""

    host: str
    """The name in the certificate."""
    authorities: bytes | None = None
    """Trusted certificates in PEM; None: those of the system."""
    insecure: bool = False
    """Whether the check is skipped."""
    resumes: bool = False
    """Whether connections go on with the session of an earlier one, where the server allows it."""


@dataclass(frozen=True, slots=True)
class Target:
    """The address of a server, and the requests to it."""

    address: str
    """IP address and port, as '127.0.0.1:8000' or '[::1]:8000', or 'unix:/path'."""
    host: str
    """For the Host header."""
    requests: tuple[Request, ...]
    """Sent in turn, repeatedly. Messages go over WebSockets, by path and headers of the first;
    among other requests, over one beside each connection."""
    tls: Tls | None = None
    """How connections are encrypted; None: not at all."""
    sources: tuple[str, ...] = ()
    """IP addresses of this machine to connect from, in turn; empty: the system chooses."""
    deflates: bool = False
    """Whether WebSockets offer to compress messages."""
    broadcasts: bool = False
    """Whether the first connection alone sends messages, for all others to hear: it takes a token
    in them, and one thread."""
    stream: StreamSpec | None = None
    """How responses of HTTP are read as streams, if their requests do not say it; None: they are
    none."""
    is_http2: bool = False
    """Whether requests are sent by HTTP/2: over TLS as agreed by ALPN, else at once."""
    decodes: bool = False
    """Whether a body that came compressed by gzip is checked decompressed."""
    sha256: str | None = None
    """The digest of each expected body, in hexadecimal digits; None if it is not known."""


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """The configuration of all loads of a session."""

    connections: int
    """Connections to each target; in the open model their largest number."""
    cpus: tuple[int, ...]
    """CPUs that the generator's threads are pinned to, in turn; empty: not pinned."""
    timeout_s: float
    """Timeout of a request from its send, and of a connect."""
    pipeline: int = 1
    """The most requests in flight on one connection, by HTTP/2 as streams."""
    fresh_connections: bool = False
    """Whether each request gets a new connection."""
    backend: Literal["auto", "epoll", "io_uring"] = "auto"
    """The kernel interface of the generator; auto: the fastest usable one."""
    spin: bool = False
    """Whether the generator's threads never sleep, so that response times include no wake-up. They
    need CPUs of their own."""


@dataclass(frozen=True, slots=True)
class LoadSpec:
    """Load on one target: lead-in, window, drain."""

    target: int
    window_s: float
    lead_in_s: float = 0.0
    drain_s: float = 30.0
    """How long to wait for responses after the window; requests without one are censored."""
    max_requests: int | None = None
    """Ends the window early after so many requests, lead-in included."""
    open: ArrivalSchedule | None = None
    """The schedule of the open load model; without it and `users`, the model is closed."""
    users: ThinkSchedule | None = None
    """The think times of virtual users."""
    idle: bool = False
    """Whether each arrival of `open` has a connection of its own, which is held until the window
    ends."""
    progress_every_s: float = 0.1
    """Interval of progress reports."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The requests that ended within one tenth of a second."""

    completions: int
    failures: int
    response_times: dict[int, int]
    """Counts by response time in ns."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a load, lead-in included."""

    completions: int | None
    """All fields are None if the load generator reports only at its end."""
    failures: int | None
    bytes_received: int | None
    connections: int | None


@dataclass(frozen=True, slots=True)
class RequestResult:
    """The outcomes of one of the target's requests, inside the window."""

    counts: Counts
    response_time: Histogram


@dataclass(frozen=True, slots=True)
class ClockGaps:
    """For how long a thread of the generator did not run, although it could have: it was stopped,
    or had no CPU.
    """

    total_s: float = 0.0
    largest_s: float = 0.0
    largest_at_ns: int = 0
    """When the largest one began, by CLOCK_MONOTONIC; 0 without one."""


TlsReason = Literal[
    "self-signed", "unknown-authority", "no-names", "other-name", "expired", "not-yet-valid",
    "certificate", "not-tls", "no-protocol", "alert", "other",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TlsRefusal:
    """Why a connection was refused by TLS."""

    reason: TlsReason
    detail: str
    """Names of the certificate where it has others, the alert, or the error in words."""


RefusalKind = Literal["status", "closed", "malformed", "other-key", "uninvited"]


@dataclass(frozen=True, slots=True)
class UpgradeRefusal:
    """Why a connection did not become a WebSocket."""

    kind: RefusalKind
    """'status': not answered with 101; 'other-key': answered for another key; 'uninvited': with an
    extension or a subprotocol that was not offered."""
    status: int = 0
    """What was answered instead of 101; 0 for other reasons."""


@dataclass(frozen=True, slots=True)
class WebSocketFacts:
    """What WebSockets had beside messages and their answers, lead-in and drain included."""

    pings: int = 0
    """Of the server; each was answered."""
    unasked: int = 0
    """Messages that answered none."""
    closes: Mapping[int, int] = field(default_factory=dict)
    """Connections that the server ended, by the code it gave; 1005 stands for none."""
    refusal: UpgradeRefusal | None = None
    """For the first connection that was refused."""
    deflated: int | None = None
    """Connections on which compression was agreed on; None: it was not offered."""


@dataclass(frozen=True, slots=True)
class UploadFacts:
    """Bodies that were sent in pieces, by how; lead-in and drain included."""

    cut_short: int = 0
    """Answered before they were sent: the rest was not, and the connection was closed."""
    invited: int = 0
    """Sent after the server had asked for them (100 Continue)."""
    uninvited: int = 0
    """Sent although it had not, after a second."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """How messages of a broadcast came to all connections but the one that sent them, lead-in and
    drain included.
    """

    due: int
    """For each message, the connections that were open when it was sent."""
    heard: int
    delay: Histogram
    """In ns, from the send of a message until one of them had it."""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """The result of a load. Moments are readings of CLOCK_MONOTONIC; see `measurement.Window`.

    Figures that a load generator does not report are None or empty; `tool` names them.
    """

    started_ns: int
    opened_ns: int
    closed_ns: int
    drained_ns: int
    counts: Counts
    completions: int
    overall: Counts
    """From the begin of the lead-in until the end of the drain."""
    response_time: Histogram
    """In ns, from the moment at which a request was due; failed ones at their elapsed time."""
    service_time: Histogram
    """In ns, from the send to the last byte."""
    lateness: Histogram
    """In ns, the delay of sends that the generator itself caused."""
    connect_time: Histogram
    by_request: tuple[RequestResult, ...]
    """For each of the target's requests, if there are 2 to 64."""
    iteration_time: Histogram
    """In ns, from a user's first request to the response to the last one."""
    series: tuple[Bin, ...]
    """Tenths of a second, from the begin of the lead-in on."""
    completions_per_connection: tuple[int, ...]
    statuses: dict[int, int]
    """Responses by status, of the requests in `counts`."""
    bytes_received: int | None
    connections_reached: int | None
    unsolicited: int | None
    """Connections with bytes that belong to no request."""
    generator_cpu_s: float
    generator_wait_s: float | None
    """Run-queue wait of the generator's threads inside the window; None if the kernel does not
    report it."""
    generator_threads: int
    tool: ToolFigures | None = None
    """The tool, if it was not the engine."""
    gaps: ClockGaps | None = None
    """In lead-in, window and drain; None if the generator does not watch its clock."""
    tls_refusal: TlsRefusal | None = None
    tls: TlsHandshakes | None = None
    """None without TLS, or without any handshake."""
    connect_error: int | None = None
    """Error number of a TCP connect that failed, for the first one."""
    websocket: WebSocketFacts | None = None
    """None for HTTP."""
    http2: Http2Facts | None = None
    """None for other protocols."""
    deliveries: Deliveries | None = None
    """None where nothing is broadcast."""
    streams: StreamFacts | None = None
    """None where responses are no streams."""
    idle: IdleFacts | None = None
    """None for other loads than that of idle connections."""
    bytes_sent: int | None = None
    uploads: UploadFacts = UploadFacts()

    @property
    def connects(self) -> int | None:
        """Number of opened connections; None if it is unknown."""
        unknown = self.tool is not None and CONNECTS in self.tool.unseen
        return None if unknown else self.connect_time.count


OnProgress = Callable[[Progress], None]


class Closing(ABC):
    """Closed at the end of its `with` block."""

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class _Session(Protocol):
    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc_info: object) -> None: ...


class DriverSession(_Session, Protocol):
    """Connections to all targets, kept while the load moves from one to the next."""

    @property
    def interrupted(self) -> tuple[LoadResult, ...]:
        """The results of an interrupted load, one for each target; empty where none are kept."""

    def run_load(self, spec: LoadSpec, on_progress: OnProgress | None = None) -> LoadResult:
        """Load one target. A KeyboardInterrupt ends the load and is raised again.

        Raises EngineFault if the counts do not add up.
        """


class Driver(Protocol):
    """Opens sessions."""

    def open(self, targets: Sequence[Target], setting: SessionConfig) -> DriverSession: ...


class DuetSession(_Session, Protocol):
    """Connections to two targets that are loaded at once."""

    def run_load(
        self, spec: LoadSpec, on_progress: OnProgress | None = None
    ) -> tuple[LoadResult, LoadResult]:
        """Load both in the same window; `spec.target` is ignored.

        Raises EngineFault if the counts do not add up.
        """


class DuetDriver(Driver, Protocol):
    """A driver that can also load two targets at once."""

    def open_duet(self, targets: tuple[Target, Target], setting: SessionConfig) -> DuetSession: ...
