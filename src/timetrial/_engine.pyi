"""Types of the native engine; the code is in engine/src/python.rs."""

from ipaddress import IPv4Address, IPv6Address
from typing import final

@final
class Histogram:
    """Durations in nanoseconds, 1 ns to 1 h, 3 significant digits (HdrHistogram's layout)."""

    def __init__(self) -> None: ...
    def record(self, duration_ns: int, count: int = 1) -> None: ...
    def merge(self, other: Histogram) -> None:
        """Add all counts of `other`."""
    def quantile(self, q: float) -> int:
        """Return the duration in ns that a share of `q` (0 to 1) does not exceed; 0 when empty."""
    @property
    def count(self) -> int: ...
    @property
    def min_ns(self) -> int: ...
    @property
    def max_ns(self) -> int: ...
    @property
    def mean_ns(self) -> float: ...
    @property
    def stdev_ns(self) -> float: ...
    def count_between(self, low_ns: int, high_ns: int) -> int: ...
    def buckets(self) -> list[tuple[int, int, int]]:
        """List (low_ns, high_ns, count) of every bucket that holds something."""
    def encode(self) -> bytes:
        """Return the compressed V2 encoding that every HdrHistogram library reads."""
    @staticmethod
    def decode(encoded: bytes) -> Histogram:
        """Read what `encode` wrote. Raises ValueError when it is something else."""

class Fault(Exception):  # noqa: N818 - the name that the native module gives it
    """The engine broke one of its own laws: a bug, never a result."""

@final
class Request:
    """One request, and what a correct response to it is; None expects nothing."""

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
    ) -> None:
        """Make a request; in path, header values and content '{token}' is its own number.

        The body is expected to be `body`, or to have `body_bytes` bytes and, if given, a CRC-32C
        of `body_crc32c`, or to be like `body_template`, in which '{*}' stands for any bytes and
        '{token}' for the request's own number, 16 hexadecimal digits. Raises ValueError for parts
        that are no request.
        """

@final
class Target:
    """Where requests go, and what they are: they are sent in turn, over and over."""

    def __init__(
        self,
        address: str,
        requests: list[Request],
        *,
        sources: list[IPv4Address | IPv6Address] = ...,
        tls: tuple[str, bytes | None] | None = None,
    ) -> None:
        """Take '127.0.0.1:8000', '[::1]:8000' or 'unix:/path', and addresses to connect from.

        `tls` is the host's name and the authorities that are trusted, in PEM, or None for
        whoever answers.
        """

@final
class Session:
    """Connections to all targets; the load moves from one target to the next, or is on both.

    Nothing is connected before the first drive of a target; then connections are kept.
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
        duet: bool = False,
    ) -> None:
        """Open a session by 'epoll', 'io_uring', or 'auto': whichever is the faster usable one.

        A duet drives two targets at once, each with half of the threads. Raises ValueError for
        another backend, OSError for one that cannot be used here.
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
    ) -> None:
        """Begin a drive: lead-in, window, drain. `max_requests` may end the window early.

        With `stages` the load model is open: a stage is its length in ns and the arrival rate a
        second at its begin and at its end. With `think` each connection is a user who goes through
        the target's requests in order: after each comes a think time, ('none', []),
        ('constant', [ns]), ('uniform', [low, high]) or ('exponential', [mean]). Otherwise the load
        model is closed.
        """
    def wait(self, at_most_s: float) -> list[Tally] | None:
        """Wait for the drive to end, without the GIL; None when it has not ended by then.

        One tally, or one for each target of a duet.
        Raises OSError when threads cannot be pinned or sockets not be waited for, Fault when the
        accounting does not add up.
        """
    def cancel(self) -> None:
        """End the drive at once: what is under way is counted as censored."""
    def progress(self) -> list[Progress]: ...
    def close(self) -> None: ...

@final
class Progress:
    """How far a drive has got, lead-in included."""

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
    """All that a drive has counted. Moments are readings of CLOCK_MONOTONIC."""

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
        """Correct responses that came inside the window."""
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
        """How long users took from the first request to the response to the last one."""
    @property
    def lateness(self) -> Histogram:
        """How much later than it could have the generator itself sent."""
    @property
    def connect_time(self) -> Histogram: ...
    @property
    def series(self) -> list[tuple[int, int, dict[int, int]]]:
        """(completions, failures, counts by response time in ns) of each tenth of a second."""
    @property
    def completions_per_connection(self) -> list[int]: ...
    @property
    def statuses(self) -> dict[int, int]: ...
    @property
    def bytes_received(self) -> int: ...
    @property
    def connections_reached(self) -> int: ...
    @property
    def unsolicited(self) -> int:
        """Connections on which bytes came that no request had asked for."""
    @property
    def cpu_ns(self) -> int:
        """CPU time of the engine's threads inside the window."""
    @property
    def run_queue_wait_ns(self) -> int | None:
        """How long they were ready to run there, and others ran; None if the kernel is silent."""

def self_signed() -> tuple[str, str, str]:
    """Make a certificate for localhost, 127.0.0.1 and ::1, its key, and the authority that clients
    have to trust, all in PEM.
    """

@final
class Responder:
    """A server whose response times are known: the truth that load generators are held to.

    `delay` is one of none, constant, lognormal, bimodal, uniform and exponential; `delay_ns` has
    its one or two times (constant; median; fast and slow; low and high; mean), `share` the sigma of
    the lognormal or the share of slow responses. `stall_ns` is how often and how long nothing is
    answered. `template` is a body with the placeholders {unix_time}, {random} and {token}.
    `tls_pem` is a certificate and its key, for HTTPS. Raises ValueError or OSError.
    """

    def __init__(
        self,
        *,
        address: str = "127.0.0.1:0",
        delay: str = "none",
        delay_ns: list[int] = ...,
        share: float = 0.0,
        stall_ns: tuple[int, int] | None = None,
        body: bytes | None = None,
        template: str | None = None,
        content_type: str | None = None,
        tls_pem: tuple[str, str] | None = None,
        threads: int = 1,
        cpus: list[int] = ...,
        seed: int = 0,
    ) -> None: ...
    @property
    def address(self) -> str: ...
    def counts(self) -> dict[str, int]:
        """Return accepted, open, requests and responses as of now, and in ns the sums of the
        delays of requests (delay_ns) and of the response times of responses (response_ns).
        """
    def pause(self, length_s: float) -> None:
        """Freeze: nothing is accepted, read or answered; returns at once."""
    def stop(self) -> tuple[Histogram, dict[str, int]]:
        """Stop, and return the response times that really were, with the last counts."""

@final
class Upstream:
    """An HTTPS server that offers HTTP/2 and HTTP/1.1, and answers all requests alike.

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
        """Return what a Responder counts, and http2: connections that agreed on HTTP/2."""
