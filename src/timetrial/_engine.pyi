"""Types of the native engine; the code is in engine/src/python.rs."""

from ipaddress import IPv4Address, IPv6Address
from typing import Literal, Self, TypeAlias, final

_TlsReason: TypeAlias = Literal[
    "self-signed", "unknown-authority", "no-names", "other-name", "expired", "not-yet-valid",
    "certificate", "not-tls", "no-protocol", "alert", "other",
]  # fmt: skip

_Violation: TypeAlias = Literal[
    "frame-size", "stream-id", "after-end", "flow-control", "empty-update", "compression",
    "head-too-large", "continuation", "padding", "settings", "push", "flood",
]  # fmt: skip

_ProtocolRefusal: TypeAlias = Literal[
    "http1", "other-protocol", "not-negotiated", "closed", "silent"
]

_RefusalKind: TypeAlias = Literal["status", "closed", "malformed", "other-key", "uninvited"]

@final
class Histogram:
    """Counts of durations in ns, from 1 ns to 1 h, to 3 significant digits.

    The layout is that of HdrHistogram. A duration below 1 ns counts as 0, one beyond 1 h as 1 h.
    Quantiles and bounds have the precision of a bucket: at most 0.1 % above the recorded duration.
    Merging is exact.
    """

    def __init__(self) -> None: ...
    def record(self, duration_ns: int, count: int = 1) -> None:
        """Count a duration `count` times. Raises OverflowError for figures below 0."""
    def merge(self, other: Histogram) -> None:
        """Add all counts of `other`."""
    def without(self, part: Histogram) -> Histogram:
        """Return these counts less those of `part`, one of the histograms they are the sum of.

        Raises ValueError if it cannot be one of them.
        """
    def merge_encoded(self, encoded: bytes) -> None:
        """Add all counts of an encoded histogram of any HdrHistogram library.

        Raises ValueError for other bytes, and adds nothing.
        """
    def quantile(self, q: float) -> int:
        """Return the duration in ns that a share of `q` does not exceed; 0 when empty.

        Raises ValueError unless `q` is between 0 and 1.
        """
    @property
    def count(self) -> int:
        """Number of durations."""
    @property
    def min_ns(self) -> int:
        """The shortest duration; 0 when empty."""
    @property
    def max_ns(self) -> int:
        """The longest duration; 0 when empty."""
    @property
    def mean_ns(self) -> float:
        """The mean of all durations; 0 when empty."""
    @property
    def stdev_ns(self) -> float:
        """The standard deviation of all durations; 0 when empty."""
    def count_between(self, low_ns: int, high_ns: int) -> int:
        """Return the number of durations in buckets that overlap `low_ns` to `high_ns`."""
    def buckets(self) -> list[tuple[int, int, int]]:
        """List (low_ns, high_ns, count) of every bucket that is not empty, shortest first."""
    def encode(self) -> bytes:
        """Return the compressed V2 encoding that every HdrHistogram library reads.

        Most of them want it in base64.
        """
    def encode_plain(self) -> bytes:
        """Return the V2 encoding without compression."""
    @staticmethod
    def decode(encoded: bytes) -> Histogram:
        """Read either encoding, of any HdrHistogram library. Raises ValueError for other bytes."""

class Fault(Exception):  # noqa: N818 - the name that the native module gives it
    """An invariant of the engine is broken: a bug, never a result."""

@final
class Request:
    """One request, and the correct response to it; None expects nothing."""

    def __init__(
        self,
        *,
        host: str,
        path: str,
        method: str = "GET",
        headers: list[tuple[str, str]] = ...,
        content: bytes = b"",
        status: int | None = None,
        body: bytes | None = None,
        body_bytes: int | None = None,
        body_template: str | None = None,
        body_crc32c: int | None = None,
        http2: Literal["http", "https"] | None = None,
    ) -> None:
        """Make a request; '{token}' in path, header values and content is the request's number.

        The expected body is `body`, or has `body_bytes` bytes and, if given, the CRC-32C
        `body_crc32c`, or matches `body_template`, in which '{*}' stands for any bytes and
        '{token}' for the request's number, 16 hexadecimal digits. `path` begins with a slash, or is
        '*' for OPTIONS. Raises ValueError for an invalid request: a line break, another path, a
        Content-Length that is not that of the content, Transfer-Encoding.

        With `http2`, the scheme of its URL, it is sent by HTTP/2, which forbids headers of
        connections. None: by HTTP/1.1.
        """

    @staticmethod
    def message(
        *,
        host: str,
        path: str,
        headers: list[tuple[str, str]] = ...,
        content: bytes = b"",
        is_text: bool = True,
        body: bytes | None = None,
        body_bytes: int | None = None,
        body_template: str | None = None,
        deflates: bool = False,
        broadcasts: bool = False,
    ) -> Request:
        """Make a message of a WebSocket, whose upgrade has this path and these headers.

        If it `deflates`, compression is offered, without context from message to message. If it
        `broadcasts`, the first connection alone sends it, and all others are to hear it: it needs
        a '{token}', and a session of one thread.
        The expected answer is `body`, has `body_bytes` bytes or matches `body_template`, in a
        message of the same kind.
        Raises ValueError for an invalid upgrade, and for a text that is no UTF-8.
        """

    def streamed(
        self, kind: str, *, numbers: str | None = None, events: int | None = None
    ) -> Request:
        """Return the same request, whose response is a stream: 'sse' or 'chunks'.

        Events of 'sse' have a number in their 'id', or in their data behind the text `numbers`. The
        client leaves after `events`. Raises ValueError for another kind, for no event, for numbers
        of chunks, and for a text that is empty, has a line break or more than 64 bytes.
        """

@final
class Target:
    """The address of a server, and the requests that are sent to it in turn, repeatedly."""

    def __init__(
        self,
        address: str,
        requests: list[Request],
        *,
        sources: list[IPv4Address | IPv6Address] = ...,
        tls: tuple[str, bytes | None, bool, bool] | None = None,
    ) -> None:
        """Take '127.0.0.1:8000', '[::1]:8000' or 'unix:/path', and addresses to connect from.

        `tls` is the host's name, the trusted authorities (certificates in PEM; None: those of the
        system), whether the check of the certificate is skipped, and whether sessions of TLS go on
        with earlier ones. Raises ValueError for an invalid address, name or authority, and without
        requests.
        """

@final
class Session:
    """Connections to all targets, which are loaded one after the other, or two at once.

    A target is connected at its first load; its connections are kept.
    """

    def __init__(
        self,
        targets: list[Target],
        *,
        connections: int,
        threads: int,
        cpus: list[int],
        timeout_ns: int,
        pipeline: int = 1,
        fresh_connections: bool = False,
        backend: str = "auto",
        spin: bool = False,
        duet: bool = False,
    ) -> None:
        """Open a session with 'epoll', 'io_uring', or 'auto': the faster usable one.

        `connections` are those to each target, over all threads; thread i is pinned to
        cpus[i % len(cpus)], if there are any. The timeout counts from the send, or from the begin
        of a connect. Threads that spin never sleep, so that response times include no wake-up. A
        duet loads two targets at once, each with half of the threads. Raises ValueError for another
        backend, for no target, connection, thread or pipeline, and for a timeout of 0; OSError for
        a backend that cannot be used here.
        """
    def start(
        self,
        target: int,
        *,
        lead_in_ns: int,
        window_ns: int,
        drain_ns: int,
        max_requests: int | None = None,
        stages: list[tuple[int, float, float]] | None = None,
        poisson: bool = False,
        think: list[tuple[str, list[int]]] | None = None,
        seed: int = 0,
        idle: bool = False,
    ) -> None:
        """Begin a load: lead-in, window, drain. `max_requests` may end the window early.

        With `stages` the load model is open: a stage is its length in ns and the arrival rate a
        second at its begin and at its end. With `think` each connection is a virtual user that
        sends the target's requests in order, with a think time after each: ('none', []),
        ('constant', [ns]), ('uniform', [low, high]) or ('exponential', [mean]). With `idle` each
        arrival of the stages gets a connection that is then held. Otherwise the load model is
        closed. Raises ValueError for another think time, for a target that does not exist,
        or if the last load has not ended.
        """
    def wait(self, at_most_s: float) -> list[Tally] | None:
        """Wait for the end of the load, without the GIL; None if it has not ended by then.

        Returns one tally, or one for each target of a duet. Raises OSError if threads cannot be
        pinned or sockets cannot be polled, Fault if the counts do not add up.
        """
    def cancel(self) -> None:
        """End the load at once: requests in flight are censored."""
    def progress(self) -> list[Progress]: ...
    def close(self) -> None: ...

class ProbeRefused(Exception):  # noqa: N818 - the name that the native module gives it
    """There can be no speed probe: the reason's name, and a detail.

    Reasons: no-cpu, no-thread-clock, no-affinity, no-thread, too-costly.
    """

@final
class SpeedProbe:
    """A thread on each of some CPUs that does the same work every 20 ms, timed by its CPU clock."""

    MOST_CPU_SHARE: float
    """The largest share of a CPU that it may take."""

    def __init__(self, cpus: list[int], *, amount: int | None = None) -> None:
        """Pin the threads, which rest until `begin`.

        The work has `amount` steps; None: as many as take about 200 µs, found out once a process.
        Raises ProbeRefused where that cannot be, or would take too much of a CPU.
        """
    @property
    def amount(self) -> int: ...
    def begin(self) -> None:
        """Begin a span; a former one is forgotten."""
    def end(self) -> list[tuple[int, int, float, int, int]]:
        """End the span: for each CPU its number, the number of readings, the mean of their ln(CPU
        time in ns), their CPU time and the length of the span in ns.
        """

@final
class TaskCounter:
    """What a thread, and all that it starts from now on, execute in user space."""

    def __init__(
        self, thread: int, *, event: Literal["instructions", "task-clock"] = "instructions"
    ) -> None:
        """Begin to count; 0 is the calling thread. A task clock counts ns on a CPU.

        Raises OSError where the CPU has no such counter, or the kernel does not allow it.
        """
    def read(self) -> int:
        """Return the count so far. Raises OSError where another counter has taken its place."""

@final
class Progress:
    """The progress of a load, lead-in included."""

    @property
    def completions(self) -> int: ...
    @property
    def failures(self) -> int: ...
    @property
    def bytes_received(self) -> int: ...
    @property
    def connections(self) -> int: ...

@final
class Tally:
    """The counts of a load. Moments are readings of CLOCK_MONOTONIC."""

    @property
    def started_ns(self) -> int: ...
    @property
    def opened_ns(self) -> int: ...
    @property
    def closed_ns(self) -> int: ...
    @property
    def drained_ns(self) -> int: ...
    @property
    def window(self) -> dict[str, int]:
        """Requests that were due inside the window, by outcome, and 'arrivals'."""
    @property
    def overall(self) -> dict[str, int]:
        """All requests from the begin of the lead-in on, likewise."""
    @property
    def completions(self) -> int:
        """Correct responses inside the window."""
    @property
    def response_time(self) -> Histogram:
        """From the moment a request was due; failed ones at their elapsed time."""
    @property
    def service_time(self) -> Histogram:
        """From the send to the last byte."""
    @property
    def by_request(self) -> list[tuple[dict[str, int], Histogram]]:
        """Outcomes and response time of each of the target's requests, if there are 2 to 64."""
    @property
    def iteration_time(self) -> Histogram:
        """From a virtual user's first request to the response to the last one."""
    @property
    def lateness(self) -> Histogram:
        """The delay of sends that the generator itself caused."""
    @property
    def connect_time(self) -> Histogram: ...
    @property
    def series(self) -> list[tuple[int, int, dict[int, int]]]:
        """(completions, failures, counts by response time in ns) of each tenth of a second."""
    @property
    def completions_per_connection(self) -> list[int]: ...
    @property
    def statuses(self) -> dict[int, int]:
        """Responses by status, of requests that were due inside the window."""
    @property
    def bytes_received(self) -> int: ...
    @property
    def connections_reached(self) -> int: ...
    @property
    def unsolicited(self) -> int:
        """Connections with bytes that belong to no request."""
    @property
    def gaps_ns(self) -> tuple[int, int, int]:
        """For how long, in ns, a thread of the engine did not run although it could have: in all,
        at most at once, and when that began; of the thread for which it was the longest.
        """
    @property
    def connect_error(self) -> int | None:
        """The error number of a connect that failed, for the first one."""
    @property
    def websocket(
        self,
    ) -> tuple[int, int, dict[int, int], tuple[_RefusalKind, int] | None, int | None] | None:
        """Pings, messages that answer none, closes by code (1005: none), why the first refused
        upgrade was refused, with the status that was answered (0 for other reasons), and on how
        many connections compression was agreed on (None: it was not offered).

        None for HTTP.
        """
    @property
    def http2(
        self,
    ) -> (
        tuple[
            int | None,
            int,
            int,
            dict[int, int],
            dict[int, int],
            _Violation | None,
            _ProtocolRefusal | None,
        ]
        | None
    ):
        """Streams that the server allows on a connection (None: any number), the most in flight on
        one, requests sent again, connections and streams that the server ended by code, how it
        first broke the protocol, and why it does not speak it. None for other protocols.
        """
    @property
    def deliveries(self) -> tuple[int, int, Histogram] | None:
        """Of a broadcast: how often messages were to be heard, and were, and the delay in ns from
        the send. None for other loads.
        """
    @property
    def streams(
        self,
    ) -> tuple[dict[str, int], dict[str, int], dict[str, Histogram], str | None] | None:
        """Of streams: events by outcome; other counts; times to 'head', 'first_byte' and
        'first_event', and the 'gap' between events; the Content-Type of a response that was none.

        None for other requests.
        """
    @property
    def idle(self) -> tuple[int, int, int, Histogram] | None:
        """Of idle connections: held at the end, ended by the server with their response, reset,
        and how long others were idle until the server ended them. None for other loads.
        """
    @property
    def tls_refusal(self) -> tuple[_TlsReason, str] | None:
        """Why TLS refused a connection, for the first one: the reason's name, and a detail."""
    @property
    def tls_handshakes(self) -> tuple[str, str, str | None, int, int, int] | None:
        """Version, cipher and protocol (by ALPN; None: none was chosen) of the first handshake, and
        how many were full, how many went on with an earlier session, and how many agreed on
        something else. None without any.
        """
    @property
    def cpu_ns(self) -> int:
        """CPU time of the engine's threads inside the window."""
    @property
    def run_queue_wait_ns(self) -> int | None:
        """Run-queue wait of these threads; None if the kernel does not report it."""

def self_signed() -> tuple[str, str, str]:
    """Make a certificate for localhost, 127.0.0.1 and ::1, its key, and the authority that clients
    have to trust, all in PEM.
    """

@final
class Responder:
    """A server with known response times, against which load generators are checked.

    It serves as soon as it is made, on its own threads, until it is stopped or the `with` block
    ends. `address` is '127.0.0.1:0' (0: a free port), '[::1]:8080' or 'unix:/path'.

    `delay` is one of none, constant, lognormal, bimodal, uniform and exponential; `delay_ns` has
    its one or two times in ns (constant; median; fast and slow; low and high; mean), `share` the
    sigma of the lognormal or the share of slow responses. Delays and record begin when a request
    was received: 'read' by its thread, or had by the 'kernel', so that the wake-up of the thread is
    part of both. `stall_ns` is how often and how long nothing is answered, in ns. `template` is a
    body with the placeholders {unix_time}, {random} and {token}. With `tls` it speaks TLS alone, as
    localhost, 127.0.0.1 and ::1; `tls_pem` is a certificate and its key to do that with.

    Raises ValueError for an invalid delay, stall, receipt, address, number of threads or CPU, and
    OSError if it cannot listen on the address.
    """

    def __init__(
        self,
        *,
        address: str = "127.0.0.1:0",
        delay: str = "none",
        delay_ns: list[int] = ...,
        share: float = 0.0,
        receipt: str = "read",
        stall_ns: tuple[int, int] | None = None,
        body: bytes | None = None,
        template: str | None = None,
        content_type: str | None = None,
        tls: bool = False,
        tls_pem: tuple[str, str] | None = None,
        threads: int = 1,
        cpus: list[int] = ...,
        seed: int = 0,
    ) -> None: ...
    @property
    def authority(self) -> bytes | None:
        """With `tls`: the authority of its certificate, which is new each time (PEM)."""
    @property
    def address(self) -> str:
        """The address with the chosen port. Raises ValueError if it is stopped."""
    def counts(self) -> dict[str, int]:
        """Return the present counts accepted, open, requests and responses, and in ns the sums of
        the delays of requests (delay_ns) and of the response times of responses (response_ns).

        Raises ValueError if it is stopped.
        """
    def pause(self, length_s: float) -> None:
        """Freeze for `length_s`: nothing is accepted, read or answered; returns at once.

        Raises ValueError for a length below 0, or if it is stopped.
        """
    def stop(self) -> tuple[Histogram, dict[str, int]]:
        """Respond to requests in flight, for a second at most, and end.

        Returns the actual response times in ns, until the write of the response returned, and the
        last counts. Raises ValueError if it is stopped already.
        """
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_info: object) -> None:
        """End at once, unless it was stopped."""

@final
class Upstream:
    """An HTTPS server with HTTP/2 and HTTP/1.1 that gives all requests the same response.

    Arguments are those of Responder. It serves until it is freed.
    """

    def __init__(
        self,
        *,
        body: bytes,
        content_type: str,
        tls_pem: tuple[str, str],
        address: str = "127.0.0.1:0",
        delay: str = "none",
        delay_ns: list[int] = ...,
        share: float = 0.0,
        seed: int = 0,
    ) -> None: ...
    @property
    def address(self) -> str: ...
    def counts(self) -> dict[str, int]:
        """Return the counts of a Responder, and http2: connections that negotiated HTTP/2."""
