"""Types of the native engine; the code is in engine/src/python.rs."""

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
class Target:
    """Where requests go, what they are, and what a correct response is."""

    def __init__(
        self,
        address: str,
        *,
        host: str,
        path: str,
        status: int | None = None,
        body: bytes | None = None,
        body_bytes: int | None = None,
    ) -> None:
        """Take an IP address with a port, as '127.0.0.1:8000'; None expects nothing."""

@final
class Session:
    """Connections to all targets; the load moves from one target to the next.

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
    ) -> None: ...
    def start(
        self,
        target: int,
        *,
        lead_in_ns: int,
        window_ns: int,
        drain_ns: int,
        max_requests: int | None = None,
    ) -> None:
        """Begin a drive: lead-in, window, drain. `max_requests` may end the window early."""
    def wait(self, at_most_s: float) -> Tally | None:
        """Wait for the drive to end, without the GIL; None when it has not ended by then.

        Raises OSError when threads cannot be pinned or sockets not be waited for, Fault when the
        accounting does not add up.
        """
    def cancel(self) -> None:
        """End the drive at once: what is under way is counted as censored."""
    def progress(self) -> Progress: ...
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
    def connect_time(self) -> Histogram: ...
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
