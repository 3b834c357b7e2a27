"""A capacity for a terminal, and as one JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter
from pydantic_core import to_json
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from timetrial.features.capacity.capacity import Capacity, Held, SearchRecord, capacity_of, holds
from timetrial.features.capacity.curve import Knee, Point, curve, knee
from timetrial.features.capacity.text import (
    cause_text,
    death_sentence,
    headline,
    held_sentence,
    meaning,
    per_s,
    remarks,
)
from timetrial.model import NS_PER_S, duration, significant
from timetrial.reports.grids import bare, blocks

_MEDIAN, _TAIL = 0.5, 0.99
_LIMIT_AT = 10
"""The length of a bar at the limit."""
_LONGEST_BEYOND = 5
_STYLES: dict[Held, str] = {"yes": "green", "no": "red", "cannot tell": "yellow"}
_CUT, MARK = "▸", "│"


@dataclass(frozen=True, slots=True)
class AskedRate:
    """Whether the capacity is at least the requested rate."""

    at_least_per_s: float
    held: Held
    sentence: str


@dataclass(frozen=True, slots=True)
class CapacityDocument:
    """The outermost object."""

    capacity: Capacity
    curve: tuple[Point, ...]
    knee: Knee | None
    taken: SearchRecord
    asked: AskedRate | None = None
    format: Literal["timetrial-capacity"] = "timetrial-capacity"
    version: int = 2
    """Rises when the shape of what is inside changes."""


CAPACITY: TypeAdapter[CapacityDocument] = TypeAdapter(CapacityDocument)


def document(record: SearchRecord, at_least_per_s: float | None = None) -> CapacityDocument:
    """Compute everything that follows from a search."""
    points = curve(record.trials, [limit.q for limit in record.objective.limits])
    capacity = capacity_of(record)
    asked = None
    if at_least_per_s is not None:
        held = holds(capacity, at_least_per_s)
        asked = AskedRate(at_least_per_s, held, held_sentence(held, at_least_per_s))
    return CapacityDocument(capacity, points, knee(points), record, asked)


def as_json(document: CapacityDocument) -> str:
    """Write all of it; each trial has the codes of its causes and, as `reasons`, their words."""
    written = CAPACITY.dump_python(document, mode="json")
    for trial, entry in zip(document.taken.trials, written["taken"]["trials"], strict=True):
        entry["reasons"] = list(map(cause_text, trial.causes))
    return to_json(written, indent=2, inf_nan_mode="null").decode() + "\n"


def render(document: CapacityDocument) -> RenderableType:
    """Lay it out for a terminal."""
    record = document.taken
    parts: list[RenderableType] = [
        Text(headline(record, document.capacity), style="bold"),
        Text(meaning(record, document.capacity)),
    ]
    if document.asked is not None:
        parts.append(Text(document.asked.sentence, style=_STYLES[document.asked.held]))
    parts += [Text(""), Text(record.target)]
    if document.curve:
        parts += [Text(""), _table(document)]
    for death in record.deaths:
        parts += [Text(""), Text(death_sentence(death, record.trials), style="red")]
        parts += [Text(f"  {line}") for line in death.log_tail.splitlines()]
    parts.append(Text(""))
    parts += [Text(remark) for remark in remarks(record, document.knee)]
    return Group(*parts)


def shown_quantiles(record: SearchRecord) -> tuple[float, ...]:
    """List the quantiles that have columns: the median, and those of the objective, or p99."""
    limits = {limit.q for limit in record.objective.limits}
    return tuple(sorted({_MEDIAN, *(limits or {_TAIL})}))


def quantile(point: Point, q: float) -> str:
    """Write a quantile of response time; '–' where it is not known."""
    if q not in point.response_time_ns:
        return "–"
    return f"{'≥ ' if q in point.at_least else ''}{duration(point.response_time_ns[q])}"


def _table(document: CapacityDocument) -> Table:
    quantiles = shown_quantiles(document.taken)
    of_bars, limit_ns = drawn(document)
    with_cpu = any(point.server_cpu_s_per_1000 is not None for point in document.curve)
    limit = f" ({MARK} {duration(limit_ns)})" if limit_ns else ""
    table = bare()
    for head in (
        "requests/s",
        "kept",
        *(f"p{100 * q:g}" for q in quantiles),
        "n",
        *(["CPU\nms/req"] if with_cpu else []),
    ):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column(f"p{100 * of_bars:g}{limit}", no_wrap=True)
    for point in document.curve:
        cpu, time_ns = point.server_cpu_s_per_1000, point.response_time_ns.get(of_bars, 0)
        table.add_row(
            per_s(point.rate_per_s),
            f"{point.kept} of {point.trials}",
            *(quantile(point, q) for q in quantiles),
            f"{point.requests:,}",
            *([significant(cpu) if cpu is not None else "–"] if with_cpu else []),
            bar(time_ns, limit_ns or longest(document.curve, of_bars)),
        )
    return table


def drawn(document: CapacityDocument) -> tuple[float, float]:
    """Choose the quantile that has bars, and its limit in ns; 0 for none."""
    limits = document.taken.objective.limits
    return (limits[-1].q, limits[-1].below_s * NS_PER_S) if limits else (_TAIL, 0.0)


def longest(points: Sequence[Point], q: float) -> float:
    """Return the longest of a quantile's response times, in ns."""
    return max((point.response_time_ns.get(q, 0) for point in points), default=0)


def bar(value_ns: float, limit_ns: float) -> Text:
    """Draw a response time; a bar beyond about 1.5 times the limit is cut off."""
    if not value_ns or not limit_ns:
        return Text("")
    eighths = round(8 * _LIMIT_AT * value_ns / limit_ns)
    beyond = eighths - 8 * _LIMIT_AT
    if beyond <= 0:
        return Text(f"{blocks(eighths):<{_LIMIT_AT}}{MARK}", style="green")
    within = f"{blocks(8 * _LIMIT_AT)}{MARK}"
    if beyond > 8 * _LONGEST_BEYOND:
        return Text(f"{within}{blocks(8 * (_LONGEST_BEYOND - 1))}{_CUT}", style="red")
    return Text(f"{within}{blocks(beyond)}", style="red")
