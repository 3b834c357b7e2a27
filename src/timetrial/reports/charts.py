"""Where dots, intervals and ticks are on a chart, in percent of its width. HTML draws it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from timetrial.analysis.statistics.estimates import window_cpu_s_per_1000, window_throughput
from timetrial.model import Measurement, Summary, Window
from timetrial.model.summary import Estimate, Missing
from timetrial.reports.axes import Tick, axis
from timetrial.reports.figures import Figure
from timetrial.reports.table_view import RowView, TableView

_ROOM = 1.04
"""The axis is that much longer than its largest value."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One stack on a chart. Positions are in percent of the width."""

    row: RowView
    figure: Figure
    at: float | None
    low: float | None
    high: float | None
    rounds: tuple[float, ...]
    """Where the figures of single rounds lie."""
    at_least: bool
    doubted: bool
    """Whether the figure is a bound, or limited by something other than the server."""


ChartName = Literal["throughput", "cpu-time"]


@dataclass(frozen=True, slots=True)
class Chart:
    name: ChartName
    title: str
    better: str
    """Which way is better, in words."""
    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """One window on a timeline, in percent of its width and height."""

    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Every window of one stack, in the order in which they were taken."""

    row: RowView
    dots: tuple[Dot, ...]
    round_edges: tuple[float, ...]
    """Percent of the width."""


def charts(summary: Summary, shown: TableView) -> tuple[Chart, ...]:
    """Lay out throughput and CPU time per request."""
    throughput = _chart(
        "throughput",
        "Requests a second",
        "more is better",
        [
            _Entry(
                row,
                row.throughput,
                row.row.throughput,
                _rounds(summary, shown, row, window_throughput),
                is_throughput=True,
            )
            for row in shown.rows
        ],
    )
    cpu_time = _chart(
        "cpu-time",
        # Seconds for 1,000 requests are milliseconds for one.
        "CPU time per request, ms",
        "less is better",
        [
            _Entry(
                row,
                row.cpu_s_per_1000,
                row.row.cpu_s_per_1000,
                _rounds(summary, shown, row, window_cpu_s_per_1000),
            )
            for row in shown.rows
        ],
    )
    return tuple(chart for chart in (throughput, cpu_time) if chart.ticks)


def timelines(summary: Summary, shown: TableView) -> tuple[Timeline, ...]:
    """Lay out the throughput of every window, round by round, all stacks on one scale."""
    rounds = max(1, summary.run.rounds_due(shown.table.benchmark.name))
    turns = shown.table.benchmark.windows * len(shown.table.benchmark.stacks)
    measured = {row.name: _measurements(summary, shown, row) for row in shown.rows}
    highest = max(
        (window_throughput([w]) for trials in measured.values() for m in trials for w in m.windows),
        default=0.0,
    )
    if not highest:
        return ()
    edges = tuple(100 * number / rounds for number in range(1, rounds))
    return tuple(
        Timeline(row, tuple(_dots(measured[row.name], highest * _ROOM, rounds, turns)), edges)
        for row in shown.rows
        if measured[row.name]
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    row: RowView
    figure: Figure
    estimate: Estimate | Missing
    rounds: Sequence[float]
    is_throughput: bool = False


def _chart(name: ChartName, title: str, better: str, entries: Sequence[_Entry]) -> Chart:
    shown = [e for e in entries if not e.figure.missing and isinstance(e.estimate, Estimate)]
    values = [
        value
        for e in shown
        if isinstance(e.estimate, Estimate)
        for value in (e.estimate.value, e.estimate.high or 0.0, *e.rounds)
    ]
    if not values:
        return Chart(name, title, better, (), ())
    end, ticks = axis(max(values))
    return Chart(name, title, better, ticks, tuple(_mark(entry, end) for entry in entries))


def _mark(entry: _Entry, end: float) -> Mark:
    estimate = entry.estimate
    if entry.figure.missing or isinstance(estimate, Missing):
        return Mark(entry.row, entry.figure, None, None, None, (), at_least=False, doubted=False)
    low, high = (None if x is None else 100 * x / end for x in (estimate.low, estimate.high))
    at_least = entry.figure.interval is None and low is not None
    validity = entry.row.validity
    return Mark(
        entry.row,
        entry.figure,
        100 * estimate.value / end,
        None if at_least else low,
        None if at_least else high,
        tuple(100 * value / end for value in entry.rounds),
        at_least,
        at_least or (entry.is_throughput and (validity.plateau or validity.bound_by_client)),
    )


def _dots(
    measurements: Sequence[Measurement], highest: float, rounds: int, turns: int
) -> Iterator[Dot]:
    for measurement in measurements:
        number = measurement.trial.round
        for window in measurement.windows:
            rate = window_throughput([window])
            x = 100 * (number - 1 + (window.index + 0.5) / turns) / rounds
            label = f"round {number}, window {window.index + 1}: {rate:,.0f} requests/s"
            yield Dot(x, 100 - 100 * rate / highest, label)


def _measurements(summary: Summary, shown: TableView, row: RowView) -> list[Measurement]:
    return [
        measurement
        for measurement in summary.run.measurements
        if measurement.trial.cell.benchmark == shown.table.benchmark.name
        and measurement.trial.cell.stack == row.name
    ]


def _rounds(
    summary: Summary,
    shown: TableView,
    row: RowView,
    figure: Callable[[Sequence[Window]], float | None],
) -> list[float]:
    figures = (figure(m.windows) for m in _measurements(summary, shown, row))
    return [value for value in figures if value is not None]
