"""The registry of metrics: names, units and directions.

A metric's name is the name of the field that holds its figure: `summary.figure_of` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from timetrial.model.units import KIB, MIB, NS_PER_MS

PairedMetric = Literal["throughput", "cpu_s_per_1000", "memory_bytes"]
QuantileMetric = Literal["p50_ns", "p99_ns"]
ComparedMetric = PairedMetric | QuantileMetric
Metric = Literal[
    "throughput", "cpu_s_per_1000", "memory_bytes", "p50_ns", "p90_ns", "p99_ns",
    "connections_held", "connection_bytes",
    "events_per_s", "first_event_ns", "gap_ns",
]  # fmt: skip
CountedMetric = Literal["instructions", "system_calls"]
"""Of requests that are counted one at a time, never of a run."""
GatedMetric = Metric | CountedMetric

COMPARED: tuple[ComparedMetric, ...] = (
    "throughput", "p50_ns", "p99_ns", "cpu_s_per_1000", "memory_bytes",
)  # fmt: skip
QUANTILES: Mapping[QuantileMetric, float] = {"p50_ns": 0.50, "p99_ns": 0.99}


@dataclass(frozen=True, slots=True)
class Phrase:
    """The parts of a sentence about a difference in a metric."""

    lead: str
    """Beginning of a sentence about the stack with the least; `{}` is replaced by its name."""
    of: str
    """What the stack takes less of; the lead names the responses."""
    amount: str
    """The same in full: 'response time at p99'."""
    short_amount: str
    does: str = "takes"
    do: str = "take"
    """The plural of `does`."""
    less: Literal["fewer", "less"] = "less"


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """All properties of a metric but its figures."""

    option: str
    """Its name on the command line."""
    label: str
    """Its name in prose: 'requests a second'."""
    title: str
    """The same as the subject of a sentence: 'Throughput'."""
    column: str
    """Its name above a column that shows ratios."""
    unit: str
    """Unit in which a figure is shown."""
    phrase: Phrase
    scale: float = 1.0
    """Factor that converts a figure to that unit."""
    higher_is_better: bool = False
    digits: int = 1
    """After the point of a change in per cent."""

    @property
    def direction(self) -> Literal[1, -1]:
        """Return 1 where a higher figure is better, -1 where a lower one is."""
        return 1 if self.higher_is_better else -1

    @property
    def better(self) -> str:
        return "more is better" if self.higher_is_better else "less is better"

    @property
    def arrow(self) -> str:
        """Return the direction as a short text for a column."""
        return "↑ is better" if self.higher_is_better else "↓ is better"


def _response_time(quantile: str, amount: str) -> MetricInfo:
    return MetricInfo(
        option=quantile,
        label=f"{quantile} of response time",
        title=f"{quantile} of response time",
        column=quantile,
        unit="ms",
        phrase=Phrase(f"At {quantile}, {{}} takes", "time", amount, f"time at {quantile}"),
        scale=1 / NS_PER_MS,
    )


METRICS: Mapping[Metric, MetricInfo] = {
    "throughput": MetricInfo(
        option="throughput",
        label="requests a second",
        title="Throughput",
        column="requests/s",
        unit="requests/s",
        phrase=Phrase(
            "{} answers", "requests a second", "requests a second", "requests a second",
            "answers", "answer", "fewer",
        ),
        higher_is_better=True,
    ),
    "p50_ns": _response_time("p50", "response time in the median"),
    "p90_ns": _response_time("p90", "response time at p90"),
    "p99_ns": _response_time("p99", "response time at p99"),
    "cpu_s_per_1000": MetricInfo(
        option="cpu",
        label="CPU time per request",
        title="CPU time per request",
        # A figure is seconds for 1,000 requests: milliseconds for one.
        column="CPU ms/req",
        unit="ms",
        phrase=Phrase(
            "To answer a request, {} takes", "CPU time", "CPU time per request",
            "CPU time a request",
        ),
    ),
    "memory_bytes": MetricInfo(
        option="memory",
        label="memory",
        title="Memory",
        column="memory",
        unit="MiB",
        phrase=Phrase("{} needs", "memory", "memory", "memory"),
        scale=1 / MIB,
    ),
    "connections_held": MetricInfo(
        option="held",
        label="connections held",
        title="Connections held",
        column="held",
        unit="connections",
        phrase=Phrase(
            "{} holds", "connections", "connections", "connections", "holds", "hold", "fewer",
        ),
        higher_is_better=True,
    ),
    "connection_bytes": MetricInfo(
        option="connection-memory",
        label="memory per connection",
        title="Memory per connection",
        column="KiB/conn.",
        unit="KiB",
        phrase=Phrase("For a connection, {} needs", "memory", "memory per connection", "memory"),
        scale=1 / KIB,
    ),
    # Of streams alone, as the next two.
    "events_per_s": MetricInfo(
        option="events",
        label="events a second",
        title="Events a second",
        column="events/s",
        unit="events/s",
        phrase=Phrase(
            "{} sends", "events a second", "events a second", "events a second",
            "sends", "send", "fewer",
        ),
        higher_is_better=True,
    ),
    "first_event_ns": MetricInfo(
        option="first-event",
        label="time to the first event in the median",
        title="Time to the first event in the median",
        column="first event",
        unit="ms",
        phrase=Phrase(
            "To the first event, {} takes", "time", "time to the first event",
            "time to the first event",
        ),
        scale=1 / NS_PER_MS,
    ),
    "gap_ns": MetricInfo(
        option="gap",
        label="p99 of the time between events",
        title="p99 of the time between events",
        column="gap p99",
        unit="ms",
        phrase=Phrase(
            "Between events, {} takes", "time", "time between events at p99",
            "time between events",
        ),
        scale=1 / NS_PER_MS,
    ),
}  # fmt: skip
COUNTED: Mapping[CountedMetric, MetricInfo] = {
    "instructions": MetricInfo(
        option="instructions",
        label="instructions per request",
        title="Instructions per request",
        column="instructions",
        unit="instructions",
        phrase=Phrase(
            "To answer a request, {} executes", "instructions", "instructions per request",
            "instructions", less="fewer",
        ),
        digits=2,
    ),
    "system_calls": MetricInfo(
        option="system-calls",
        label="system calls per request",
        title="System calls per request",
        column="system calls",
        unit="system calls",
        phrase=Phrase(
            "To answer a request, {} makes", "system calls", "system calls per request",
            "system calls", less="fewer",
        ),
        digits=2,
    ),
}  # fmt: skip


def _judged_by_gates() -> Iterator[tuple[GatedMetric, MetricInfo]]:
    yield from METRICS.items()
    yield from COUNTED.items()


GATED: Mapping[GatedMetric, MetricInfo] = dict(_judged_by_gates())
"""All that a gate judges."""
BY_OPTION: Mapping[str, ComparedMetric] = {METRICS[metric].option: metric for metric in COMPARED}
"""The metrics of the command line, by their option names."""
