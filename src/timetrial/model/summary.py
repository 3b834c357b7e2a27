"""The results of a run: figures with intervals, comparisons, findings. Records only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, Protocol

from pydantic import Field

from timetrial.model.finding import Finding
from timetrial.model.measurement import Failure
from timetrial.model.metrics import Metric
from timetrial.model.missing import NOT_MEASURED, Missing
from timetrial.model.run import Run
from timetrial.model.speed import SpeedAdjustment
from timetrial.model.suite import Benchmark, Stack

__all__ = [
    "Comparison",
    "Estimate",
    "Missing",
    "Part",
    "PartKind",
    "Row",
    "Summary",
    "Table",
    "Validity",
    "Verdict",
    "figure_of",
]

Verdict = Literal[
    "higher", "lower", "equivalent", "no difference detected", "no verdict", "not judged"
]
"""'no verdict': there are too few rounds, or the load's limit sets both figures; 'not judged': the
stack differed from its A/A control by more than half as much."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % confidence interval."""

    value: float
    low: float | None
    """None, as `high`, where there are too few rounds for an interval."""
    high: float | None
    rounds: int

    def inverse(self) -> Estimate:
        """Return the ratio the other way round."""
        low, high = self.low, self.high
        return Estimate(
            1 / self.value,
            None if high is None else 1 / high,
            None if low is None else 1 / low,
            self.rounds,
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two stacks in one metric: the ratio `b` over `a`.

    Its interval is simultaneous, at 95 %, with those of its family and of all looks at the run: all
    pairs of the table, or the best stack against all others. The verdict is what the interval says.
    """

    metric: Metric
    a: str
    b: str
    ratio: Estimate
    p_adjusted: float | None
    """Of 'the ratio is one', adjusted for the family and for several looks; None without a
    verdict."""
    verdict: Verdict
    """Of `b` against `a`."""
    provisional: bool = False
    """Whether the ratio lies between two looks: its interval is not adjusted."""
    max_difference: float | None = None
    """The largest difference that the interval permits, as a share of `a`'s figure."""
    equivalent_within: float | None = None
    """The margin of equivalence as a share of `a`'s figure, where that is the verdict."""
    robust_ratio: float | None = None
    """By the Hodges-Lehmann estimate, which resists a few outlying rounds."""
    heavy_tails: bool = False
    """Whether the robust ratio lies outside the 95 % interval of this ratio alone."""


PartKind = Literal["step", "iteration", "connect", "head", "first byte", "first event", "gap"]
"""The last four are of streams."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the latency of clients: a step, an iteration, the connecting, or of a stream."""

    kind: PartKind
    name: str
    p50_ns: Estimate | Missing
    p90_ns: Estimate | Missing
    p99_ns: Estimate | Missing
    max_ns: int | None
    """The longest of all rounds; None where there was none."""
    count: int
    failed: int
    """Of a step; 0 for the others."""


@dataclass(frozen=True, slots=True)
class Validity:
    """How the figures of one cell may be used."""

    void: bool
    """Throughput, response times and CPU time are void: other work than requested was done."""
    lower_bound: bool
    """Throughput could be higher: the load engine or a service was at its limit, or other processes
    used the cores. CPU time per request remains valid.
    """
    bound_by_client: bool
    """The load's connections limit the throughput; stacks at that limit are not ranked."""
    plateau: bool
    """Throughput shows a stall of the network stack, not the server's speed."""
    throughput_void: bool = False
    """This one and the next two: void, independently of the others."""
    response_time_void: bool = False
    cpu_time_void: bool = False
    throughput_compares: bool = True
    """False: its ratio to another stack's is meaningless."""

    def voids(self, metric: Metric) -> bool:
        """Return whether findings void this metric."""
        match metric:
            case "throughput":
                return self.throughput_void
            case "cpu_s_per_1000":
                return self.cpu_time_void
            case "memory_bytes" | "connections_held" | "connection_bytes":
                return False
            case "p50_ns" | "p90_ns" | "p99_ns" | "first_event_ns" | "gap_ns":
                return self.void or self.response_time_void
            case "events_per_s":
                return self.throughput_void

    def compares(self, metric: Metric) -> bool:
        """Return whether the figure in this metric may be compared with that of another cell."""
        match metric:
            case "throughput" | "events_per_s":
                return self.throughput_compares
            case "cpu_s_per_1000":
                return not self.cpu_time_void
            case "memory_bytes" | "connections_held" | "connection_bytes":
                return not self.void
            case _:
                # The delay of a generator at its limit is part of response times.
                return self.throughput_compares and not self.response_time_void


UNJUDGED = Validity(
    void=True,
    lower_bound=False,
    bound_by_client=False,
    plateau=False,
    throughput_void=True,
    response_time_void=True,
    cpu_time_void=True,
    throughput_compares=False,
)
"""Of rows whose findings were not evaluated: no figure can be used."""


@dataclass(frozen=True, slots=True)
class Row:
    """One stack in one benchmark."""

    stack: Stack
    throughput: Estimate | Missing
    """Correct responses a second."""
    p50_ns: Estimate | Missing
    p90_ns: Estimate | Missing
    p99_ns: Estimate | Missing
    cpu_s_per_1000: Estimate | Missing
    """CPU seconds of the server's process tree for 1,000 correct responses."""
    memory_bytes: Estimate | Missing
    generator_cpu_share: float
    """CPU time of the load engine as a share of its cores' time, 0 to 1."""
    requests: int
    failed: int
    ties: str
    """Letters: stacks that share one have no detectable difference in throughput; '' without
    verdicts."""
    parts: tuple[Part, ...] = ()
    """Parts of the latency, where response time alone does not show it."""
    letters: Mapping[Metric, str] = field(default_factory=dict)
    """As `ties`, for every metric in which stacks were compared."""
    dropped_after_round: int | None = None
    """The last round of a stack that left a race because it was clearly behind; else None."""
    connections_held: Estimate | Missing = NOT_MEASURED
    """This one and the next two are of idle connections: those that were open at the end."""
    connection_bytes: Estimate | Missing = NOT_MEASURED
    """Memory of the server's process tree for each that was open."""
    closed_by_server: int = 0
    """Of all rounds, those that it closed, with their response or later."""
    events_per_s: Estimate | Missing = NOT_MEASURED
    """This one and the next two are of streams: events that came, …"""
    first_event_ns: Estimate | Missing = NOT_MEASURED
    """… the median of the time to the first event, …"""
    gap_ns: Estimate | Missing = NOT_MEASURED
    """… and the p99 of the time between events."""
    validity: Annotated[Validity, Field(exclude=True)] = UNJUDGED
    """Which figures the table's findings leave valid; documents name the findings instead."""


class HasFigures(Protocol):
    """A figure for each metric, in a field of the metric's name; times in ns, memory in bytes."""

    @property
    def throughput(self) -> Estimate | Missing: ...
    @property
    def p50_ns(self) -> Estimate | Missing: ...
    @property
    def p90_ns(self) -> Estimate | Missing: ...
    @property
    def p99_ns(self) -> Estimate | Missing: ...
    @property
    def cpu_s_per_1000(self) -> Estimate | Missing: ...
    @property
    def memory_bytes(self) -> Estimate | Missing: ...
    @property
    def connections_held(self) -> Estimate | Missing: ...
    @property
    def connection_bytes(self) -> Estimate | Missing: ...
    @property
    def events_per_s(self) -> Estimate | Missing: ...
    @property
    def first_event_ns(self) -> Estimate | Missing: ...
    @property
    def gap_ns(self) -> Estimate | Missing: ...


def figure_of(figures: HasFigures, metric: Metric) -> Estimate | Missing:
    """Look up a figure by its metric."""
    figure: Estimate | Missing = getattr(figures, metric)
    return figure


@dataclass(frozen=True, slots=True)
class Table:
    """One benchmark: rows by throughput, highest first, then the stacks without a figure."""

    benchmark: Benchmark
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]
    """Of all pairs of rows, metric by metric."""
    findings: tuple[Finding, ...]
    failures: tuple[Failure, ...]
    control: tuple[Comparison, ...] = ()
    """A stack's A/A control (`b`) against the stack, in the same metrics; a control has no row."""
    with_best: tuple[Comparison, ...] = ()
    """Of each stack (`b`) with the best (`a`), metric by metric: what ranks and verdicts are by."""
    speed: tuple[SpeedAdjustment, ...] = ()
    """Whether what the speed probe read adjusted the comparisons; empty without a probe."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The input of all reports."""

    run: Run
    tables: tuple[Table, ...]
    complete: bool
    """False if the run was interrupted: some trials are still pending."""
