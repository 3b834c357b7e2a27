"""What a run says: figures with intervals, comparisons, doubts. Records only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, Protocol

from pydantic import Field

from timetrial.model.finding import Finding
from timetrial.model.measurement import Failure
from timetrial.model.metrics import Metric
from timetrial.model.missing import Missing
from timetrial.model.run import Run
from timetrial.model.suite import Benchmark, Stack

__all__ = [
    "Comparison",
    "Estimate",
    "Missing",
    "Part",
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
"""'no verdict': there are too few rounds, or the client's shape sets both figures; 'withheld': the
same stack, measured twice, differed from itself by more than half as much."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % confidence interval."""

    value: float
    low: float | None
    """None, as `high`, where there are too few rounds for an interval."""
    high: float | None
    rounds: int

    def inverse(self) -> Estimate:
        """Return the ratio of the other way round."""
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

    Its interval is wide enough for those of all pairs of the table, and of all looks at the run
    while it goes on, to hold together in 95 % of cases (Bonferroni; repeated intervals).
    """

    metric: Metric
    a: str
    b: str
    ratio: Estimate
    p_adjusted: float | None
    """Of 'the ratio is one', adjusted by Holm over all pairs of the table, and for having looked
    several times; None without verdict."""
    verdict: Verdict
    """Of `b` against `a`."""
    provisional: bool = False
    """The ratio is one between two looks: its interval is adjusted for nothing."""
    max_difference: float | None = None
    """The largest difference that the interval leaves possible, as a share of `a`'s figure."""
    equivalent_within: float | None = None
    """The share of `a`'s figure that 'equivalent' means, where that is the verdict."""
    robust_ratio: float | None = None
    """By the Hodges-Lehmann estimate, which resists a few wild rounds."""
    heavy_tails: bool = False
    """The robust ratio lies outside of the 95 % interval of this ratio alone."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what clients went through: a step, an iteration, or the connecting."""

    kind: Literal["step", "iteration", "connect"]
    name: str
    p50_ns: Estimate | Missing
    p90_ns: Estimate | Missing
    p99_ns: Estimate | Missing
    max_ns: int
    """The longest of all rounds; 0 where there was none."""
    count: int
    failed: int
    """Of a step; 0 for the others."""


@dataclass(frozen=True, slots=True)
class Validity:
    """How the figures of one cell may be used."""

    void: bool
    """Throughput, response times and CPU time are no figures: other work was done than asked."""
    lower_bound: bool
    """Throughput could be higher: the load engine, or a service, was at its end, or strangers took
    of the cores. CPU time per request stands.
    """
    bound_by_client: bool
    """Throughput is what so many connections give; stacks that reach it are not told apart."""
    plateau: bool
    """Throughput shows a stall of the network stack, not a speed."""
    throughput_void: bool = False
    """This one and the next: no figures, whatever becomes of the others."""
    response_time_void: bool = False
    cpu_time_void: bool = False
    throughput_compares: bool = True
    """False: its ratio to another stack's says nothing."""

    def voids(self, metric: Metric) -> bool:
        """Say whether findings leave no figure in this metric."""
        match metric:
            case "throughput":
                return self.throughput_void
            case "cpu_s_per_1000":
                return self.cpu_time_void
            case "memory_bytes":
                return False
            case "p50_ns" | "p90_ns" | "p99_ns":
                return self.void or self.response_time_void

    def compares(self, metric: Metric) -> bool:
        """Say whether a figure in this metric may be held against that of another cell."""
        match metric:
            case "throughput":
                return self.throughput_compares
            case "cpu_s_per_1000":
                return not self.cpu_time_void
            case "memory_bytes":
                return not self.void
            case _:
                # A generator that is at its end is in response times, too.
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
"""Of rows whose findings nobody has looked at: nothing of them can be used."""


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
    """Letters: stacks that share one cannot be told apart in throughput; '' without verdicts."""
    parts: tuple[Part, ...] = ()
    """Where response time alone does not say what clients went through."""
    letters: Mapping[Metric, str] = field(default_factory=dict)
    """As `ties`, for every metric in which stacks were compared."""
    validity: Annotated[Validity, Field(exclude=True)] = UNJUDGED
    """What the table's findings leave of these figures; documents name the findings instead."""


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


def figure_of(figures: HasFigures, metric: Metric) -> Estimate | Missing:
    """Look a figure up by its metric."""
    found: Estimate | Missing = getattr(figures, metric)
    return found


@dataclass(frozen=True, slots=True)
class Table:
    """One benchmark: rows by throughput, highest first, then the stacks that gave nothing."""

    benchmark: Benchmark
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]
    """Of all pairs of rows, metric by metric."""
    findings: tuple[Finding, ...]
    failures: tuple[Failure, ...]
    control: tuple[Comparison, ...] = ()
    """A stack's twin (`b`) against the stack, in the same metrics; it has no row."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that reports are made from."""

    run: Run
    tables: tuple[Table, ...]
    complete: bool
    """False if the run was interrupted: some trials are still pending."""
