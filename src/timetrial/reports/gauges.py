"""The figures of a run as gauges: names with units, labels and values, for monitoring systems.

Each estimate is three gauges: its value, and the ends of its 95 % confidence interval where it has
one. What findings void is left out; throughput that is no more than a lower bound says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from timetrial.analysis.config_labels import version
from timetrial.model import NS_PER_S, Estimate, Row, StackFacts, Summary
from timetrial.model.metrics import Metric
from timetrial.model.summary import figure_of
from timetrial.reports.cells import validities
from timetrial.reports.redaction import masked


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a gauge."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Gauge:
    """One quantity, with a sample for each stack in each benchmark that has it."""

    name: str
    unit: str
    """As UCUM writes it; `name` ends with the word for it."""
    description: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class _Quantity:
    """How a metric of the summary is told: in base units, `scale` times what is stored."""

    metric: Metric
    name: str
    unit: str
    description: str
    scale: float = 1
    labels: tuple[tuple[str, str], ...] = ()


_RESPONSE_TIME = ("response_time", "s", "Response time of correct responses", 1 / NS_PER_S)
_QUANTITIES = (
    _Quantity("throughput", "throughput", "{request}/s", "Correct responses a second"),
    _Quantity("p50_ns", *_RESPONSE_TIME, labels=(("quantile", "0.5"),)),
    _Quantity("p90_ns", *_RESPONSE_TIME, labels=(("quantile", "0.9"),)),
    _Quantity("p99_ns", *_RESPONSE_TIME, labels=(("quantile", "0.99"),)),
    _Quantity(
        "cpu_s_per_1000", "cpu_time_per_request", "s", "CPU time of the server a request", 1 / 1_000
    ),
    _Quantity("memory_bytes", "memory", "By", "Memory of the server's processes"),
    _Quantity("connections_held", "held", "{connection}", "Idle connections that stayed open"),
    _Quantity("connection_bytes", "connection_memory", "By", "Memory for an idle connection"),
    _Quantity("events_per_s", "events", "{event}/s", "Events of streams a second"),
    _Quantity("first_event_ns", "first_event_time", "s", "Time to the first event", 1 / NS_PER_S),
    _Quantity("gap_ns", "event_gap", "s", "Time between events at p99", 1 / NS_PER_S),
)
_WORD = {
    "{request}/s": "requests_per_second",
    "{event}/s": "per_second",
    "s": "seconds",
    "By": "bytes",
    "{connection}": "connections",
}
_ENDS = {"value": "", "low": ", lower end of the 95 % interval", "high": ", upper end of it"}


def gauges(summary: Summary) -> tuple[Gauge, ...]:
    """Return all that a run measured; names are valid for Prometheus, without a namespace."""
    summary = masked(summary)
    found: dict[tuple[str, str, str], list[Sample]] = {}
    for row, labels, bound in _rows(summary):
        for quantity, end, value in _values(row):
            name = f"{quantity.name}{'' if end == 'value' else f'_{end}'}_{_WORD[quantity.unit]}"
            bounded = {"bound": bound} if quantity.metric == "throughput" and bound else {}
            sample = Sample({**labels, **dict(quantity.labels), **bounded}, value * quantity.scale)
            key = (name, quantity.unit, quantity.description + _ENDS[end])
            found.setdefault(key, []).append(sample)
    return tuple(Gauge(*key, tuple(samples)) for key, samples in found.items())


def taken_at(summary: Summary) -> datetime:
    """Return when the run began, in UTC; the epoch where that cannot be read."""
    try:
        began = datetime.fromisoformat(summary.run.created_at)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return began if began.tzinfo else began.replace(tzinfo=UTC)


def _rows(summary: Summary) -> Iterator[tuple[Row, Mapping[str, str], str]]:
    """Yield rows with their labels, and with what throughput is a bound of."""
    facts = {fact.stack: fact for fact in summary.run.facts}
    rows = ((table, row) for table in summary.tables for row in table.rows)
    for (table, row), validity in zip(rows, validities(summary), strict=True):
        labels = {
            "run": str(summary.run.number),
            "suite": summary.run.plan.suite.name,
            "benchmark": table.benchmark.name,
            "stack": row.stack.name,
            **_of_stack(row, facts.get(row.stack.name)),
        }
        yield row, labels, "lower" if validity.lower_bound_by else ""


def _of_stack(row: Row, facts: StackFacts | None) -> Mapping[str, str]:
    stack = row.stack
    return {
        "app": stack.app,
        "server": stack.server,
        "version": version(stack, facts),
        "interface": stack.interface,
        "workers": str(stack.workers),
        "threads": str(stack.threads),
    }


def _values(row: Row) -> Iterator[tuple[_Quantity, str, float]]:
    for quantity in _QUANTITIES:
        figure = figure_of(row, quantity.metric)
        if not isinstance(figure, Estimate) or row.validity.voids(quantity.metric):
            continue
        ends: Iterable[tuple[str, float | None]] = (
            ("value", figure.value), ("low", figure.low), ("high", figure.high)
        )  # fmt: skip
        yield from ((quantity, end, value) for end, value in ends if value is not None)
