"""A capacity as one self-contained HTML page, with its data in a JSON file beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from timetrial.features.capacity.slo import Limit
from timetrial.features.capacity.terminal import (
    CapacityDocument,
    as_json,
    quantile,
    shown_quantiles,
)
from timetrial.features.capacity.text import (
    cause_text,
    death_sentence,
    headline,
    meaning,
    per_s,
    remarks,
)
from timetrial.model import NS_PER_S, duration, significant
from timetrial.reports.files import write_page
from timetrial.reports.html import environment, with_code

_ROOM = 1.15
"""The axes reach this many times beyond the figures."""
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Mark:
    """A dot; positions, here and below, are percent of the plot's width or height."""

    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One quantile of response time over the rates."""

    name: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Response time against arrival rate, both on logarithmic axes."""

    lines: tuple[Line, ...]
    rates: tuple[Tick, ...]
    times: tuple[Tick, ...]
    limits: tuple[Tick, ...]
    band: tuple[float, float] | None
    """Left and right end of the interval."""
    middle: float | None


def write_capacity(document: CapacityDocument, folder: Path) -> Path:
    """Write capacity-TIME.html and .json into a folder; return where the page is."""
    name = "capacity-" + "".join(c for c in document.taken.created_at[:19] if c.isalnum())
    write_page(as_json(document), folder, f"{name}.json")
    return write_page(as_html(document), folder, f"{name}.html")


def as_html(document: CapacityDocument) -> str:
    record = document.taken
    return (
        environment()
        .get_template("capacity.html")
        .render(
            found=document,
            taken=record,
            headline=headline(record, document.capacity),
            cause_text=cause_text,
            meaning=meaning(record, document.capacity),
            plot=_plot(document),
            quantiles=shown_quantiles(record),
            quantile=quantile,
            per_s=per_s,
            significant=significant,
            deaths=[
                (death_sentence(death, record.trials), death.log_tail) for death in record.deaths
            ],
            remarks=[with_code(remark) for remark in remarks(record, document.knee)],
        )
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    """From a figure to percent of the plot."""

    low: float
    high: float

    @classmethod
    def around(cls, values: Sequence[float]) -> _Axis:
        return cls(min(values) / _ROOM, max(values) * _ROOM)

    def at(self, value: float) -> float:
        part = math.log(value / self.low) / math.log(self.high / self.low)
        return round(100 * min(1.0, max(0.0, part)), 2)


def _plot(document: CapacityDocument) -> Plot | None:
    quantiles = shown_quantiles(document.taken)
    points = document.curve
    seen_ns = [ns for point in points for q in quantiles if (ns := point.response_time_ns.get(q))]
    if not seen_ns:
        return None
    limits = document.taken.objective.limits
    rates = _Axis.around([point.rate_per_s for point in points])
    times = _Axis.around([*seen_ns, *map(_ns, limits)])
    lines = [
        Line(
            f"p{100 * q:g}",
            tuple(
                Mark(rates.at(p.rate_per_s), 100 - times.at(ns), _label(p.rate_per_s, q, ns))
                for p in points
                if (ns := p.response_time_ns.get(q))
            ),
        )
        for q in quantiles
    ]
    answer = document.capacity
    ends = answer.low_per_s, answer.high_per_s
    return Plot(
        lines=tuple(line for line in lines if line.marks),
        rates=tuple(Tick(rates.at(v), f"{v:,g}") for v in _round_figures(rates)),
        times=tuple(Tick(100 - times.at(v), duration(v)) for v in _round_figures(times)),
        limits=tuple(Tick(100 - times.at(_ns(limit)), str(limit)) for limit in limits),
        band=None if None in ends else (rates.at(ends[0] or 0), rates.at(ends[1] or 0)),
        middle=None if answer.estimate_per_s is None else rates.at(answer.estimate_per_s),
    )


def _ns(limit: Limit) -> float:
    return limit.below_s * NS_PER_S


def _label(rate_per_s: float, q: float, time_ns: float) -> str:
    return f"{per_s(rate_per_s)} requests/s: p{100 * q:g} {duration(time_ns)}"


def _round_figures(axis: _Axis) -> Iterator[float]:
    """List 1, 2 and 5 of each power of ten on an axis; of a long one, the powers alone."""
    powers = range(math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high)) + 1)
    steps = _STEPS if len(powers) <= len(_STEPS) + 1 else (1,)
    for power in powers:
        for step in steps:
            if axis.low <= step * 10.0**power <= axis.high:
                yield step * 10.0**power
