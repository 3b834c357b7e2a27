"""One published row: the load, the figures that the tool printed, and the caveats on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.model import Cell


@dataclass(frozen=True, slots=True)
class WrkLoad:
    """Closed load model: a connection sends its next batch when the last one is answered."""

    connections: int
    duration_s: float
    threads: int
    pipelined: int = 1
    """Requests in a batch."""


@dataclass(frozen=True, slots=True)
class ScenarioLoad:
    """Closed load model with thinking: k6's users go through the steps over and over."""

    users: int
    duration_s: float
    think_s: float
    """In an iteration, altogether."""
    steps: int
    """Requests in an iteration."""


@dataclass(frozen=True, slots=True)
class WrkFigures:
    """What wrk printed; an error line that it left out is a count of 0."""

    tool: Literal["wrk"]
    requests: int
    """Responses, whatever their status and however late."""
    elapsed_s: float
    requests_per_s: float
    bytes_read: int
    latency_mean_us: float
    """Of the responses that took less than wrk's limit, as all its latencies."""
    latency_stdev_us: float
    latency_max_us: float
    latency_p50_us: float | None = None
    latency_p75_us: float | None = None
    latency_p90_us: float | None = None
    latency_p99_us: float | None = None
    connect_errors: int = 0
    read_errors: int = 0
    write_errors: int = 0
    timeouts: int = 0
    """Responses that took longer than wrk's limit: counted in `requests`, in no latency."""
    non_2xx: int = 0
    """Responses with another status: counted in `requests` too."""


@dataclass(frozen=True, slots=True)
class Spread:
    """One of k6's trends."""

    mean_us: float
    min_us: float
    median_us: float
    max_us: float
    p90_us: float
    p95_us: float


@dataclass(frozen=True, slots=True)
class K6Figures:
    """What k6 printed."""

    tool: Literal["k6"]
    requests: int
    requests_per_s: float
    iterations: int
    iterations_per_s: float
    users_at_the_end: int
    users_at_most: int
    blocked: Spread
    """Waiting for a free connection, opening one included; no part of `duration`."""
    connecting: Spread
    tls_handshaking: Spread
    sending: Spread
    waiting: Spread
    receiving: Spread
    duration: Spread
    """Sending, waiting and receiving: a request, once it had a connection."""
    iteration: Spread


Load = WrkLoad | ScenarioLoad
Figures = WrkFigures | K6Figures


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One row of a published table, and the cell of ours that it is compared with."""

    suite: str
    document: str
    server: str
    """As the document names it."""
    workload: str
    """Likewise: a path, or a condition."""
    cell: Cell
    wait_s: float
    """How long the app, or the database behind it, waits by design before a response."""
    load: Load
    figures: Figures

    @property
    def name(self) -> str:
        return f"{self.cell.stack} in {self.cell.benchmark}"

    @property
    def requests_per_s(self) -> float:
        return self.figures.requests_per_s

    @property
    def latency_mean_us(self) -> float:
        """Return the mean that the tool printed: 0 where nothing was within its limit."""
        if isinstance(self.figures, K6Figures):
            return self.figures.duration.mean_us
        return self.figures.latency_mean_us

    def repeats(self, other: PublishedRow) -> bool:
        """Say whether it is the same measurement, printed a second time."""
        return self.reruns(other) and self.figures == other.figures

    def reruns(self, other: PublishedRow) -> bool:
        """Say whether both measured the same cell under the same load."""
        return (self.suite, self.cell, self.load) == (other.suite, other.cell, other.load)


def distinct(rows: tuple[PublishedRow, ...]) -> tuple[PublishedRow, ...]:
    """Leave out measurements that are printed a second time."""
    kept: list[PublishedRow] = []
    for row in rows:
        if not any(row.repeats(earlier) for earlier in kept):
            kept.append(row)
    return tuple(kept)


Figure = Literal["throughput", "latency"]


@dataclass(frozen=True, slots=True)
class Caveat:
    """A named reason to doubt a published row, with its evidence."""

    name: str
    """Of the detector, as 'late-responses'."""
    voids: tuple[Figure, ...]
    """The figures that are void; () where it is a note."""
    evidence: str
    """One sentence with the figures that gave rise to it."""

    @property
    def severity(self) -> str:
        return f"void for {' and '.join(self.voids)}" if self.voids else "note"


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A row with its caveats."""

    row: PublishedRow
    doubts: tuple[Caveat, ...]

    def is_void(self, figure: Figure) -> bool:
        return bool(self.against(figure))

    def against(self, figure: Figure) -> tuple[str, ...]:
        """Name the caveats that void a figure."""
        return tuple(caveat.name for caveat in self.doubts if figure in caveat.voids)
