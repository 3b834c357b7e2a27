"""What a search for a capacity says first: the figure, the trials in one table, three notes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from timetrial.features.capacity.capacity import Capacity
from timetrial.features.capacity.curve import Point
from timetrial.features.capacity.terminal import (
    MARK,
    CapacityDocument,
    bar,
    drawn,
    longest,
    quantile,
    shown_quantiles,
)
from timetrial.features.capacity.text import death_sentence, figure, meaning, per_s, remarks
from timetrial.model import duration, significant
from timetrial.reports.compact_table import Column, compact
from timetrial.reports.figures import DASH
from timetrial.reports.grids import prose
from timetrial.reports.verdict_line import Headline, most, said

MOST_RATES = 8
"""That have a line; the others are counted."""


def render_answer(document: CapacityDocument, *, brief: bool = False) -> RenderableType:
    """Make the answer ready to be printed by rich; `brief`: the verdict and the table alone."""
    return _Answer(document, brief)


@dataclass(frozen=True, slots=True)
class _Answer:
    document: CapacityDocument
    brief: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        document, width = self.document, options.max_width
        record = document.taken
        yield from said(headline_of(document), record.target, "", width)
        points = _shown(document)
        if points:
            yield compact(_columns(document, points), console, options)
        if self.brief:
            return
        for death in record.deaths:
            yield prose(Text(death_sentence(death, record.trials), style="red"), width, left=1)
            yield from (prose(Text(line), width, left=3) for line in death.log_tail.splitlines())
        yield from most(tuple(_notes(document)), width)
        more = len(document.curve) - len(points)
        if more:
            yield prose(Text(f"{more} more rates: --details.", style="dim"), width)


def headline_of(document: CapacityDocument) -> Headline:
    """Say the capacity with its interval, or how far it is known."""
    capacity, asked = document.capacity, document.asked
    text = f"{_figure(capacity)} for {document.taken.objective}."
    if asked is not None:
        text = f"{text} {asked.sentence}"
        if asked.held == "no":
            return Headline("CAPACITY TOO LOW", text, failed=True)
    match capacity.kind:
        case "found" | "above":
            return Headline("CAPACITY", text, decided=True)
        case "below":
            return Headline("CAPACITY NOT REACHED", text)
        case _:
            return Headline("NOT DECIDED", text)


def _figure(capacity: Capacity) -> str:
    low, high, middle = capacity.low_per_s, capacity.high_per_s, capacity.estimate_per_s
    if capacity.kind != "found" or low is None or high is None or middle is None:
        return figure(capacity)
    return f"{per_s(middle)} requests a second, 95 % CI {per_s(low)}{DASH}{per_s(high)},"


def _shown(document: CapacityDocument) -> Sequence[Point]:
    """Choose the rates that have a line: the lowest one, and those next to the capacity."""
    points, capacity = document.curve, document.capacity
    known = (capacity.estimate_per_s, capacity.low_per_s, capacity.high_per_s)
    middle = next((rate for rate in known if rate), None)
    if len(points) <= MOST_RATES or middle is None:
        return points[:MOST_RATES]
    lowest, *others = points
    nearest = sorted(others, key=lambda point: abs(math.log(point.rate_per_s / middle)))
    kept = nearest[: MOST_RATES - 1]
    return [lowest, *(point for point in others if point in kept)]


def _columns(document: CapacityDocument, points: Sequence[Point]) -> Iterator[Column]:
    yield Column("req/s", tuple(Text(per_s(point.rate_per_s)) for point in points))
    yield Column("passed", tuple(Text(f"{point.kept} of {point.trials}") for point in points))
    for place, q in enumerate(shown_quantiles(document.taken)):
        cells = tuple(Text(quantile(point, q)) for point in points)
        yield Column(f"p{100 * q:g}", cells, goes=0 if place else 2)
    yield Column("requests", tuple(Text(f"{point.requests:,}") for point in points), goes=4)
    times = [point.server_cpu_s_per_1000 for point in points]
    if any(time is not None for time in times):
        cells = tuple(Text("–" if time is None else significant(time)) for time in times)
        yield Column("CPU ms/req", cells, goes=3)
    of_bars, limit_ns = drawn(document)
    limit = f" ({MARK} = {duration(limit_ns)})" if limit_ns else ""
    longest_ns = limit_ns or longest(points, of_bars)
    bars = tuple(bar(point.response_time_ns.get(of_bars, 0), longest_ns) for point in points)
    yield Column(f"p{100 * of_bars:g}{limit}", bars, goes=1, is_figure=False)


def _notes(document: CapacityDocument) -> Iterator[str]:
    record, capacity = document.taken, document.capacity
    if capacity.kind == "found" and capacity.low_per_s is not None:
        yield f"Plan with the lower end: {per_s(capacity.low_per_s)} requests a second."
        if capacity.disagrees:
            yield meaning(record, capacity)
    else:
        yield meaning(record, capacity)
    yield from remarks(record, document.knee)
