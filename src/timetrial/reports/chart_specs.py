"""Which charts of a run become pictures, and what is on them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from timetrial.model import Summary
from timetrial.reports.anchors import slug, unique
from timetrial.reports.cells import MeasuredCell, cells
from timetrial.reports.charts import Chart, Timeline, charts, timelines
from timetrial.reports.percentiles import Curve, curve
from timetrial.reports.redaction import masked
from timetrial.reports.table_view import TableView, view


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Response time by percentile, stack by stack."""

    curves: tuple[Curve, ...]
    not_shown: tuple[str, ...]
    """Stacks whose response times are void, or too few."""


@dataclass(frozen=True, slots=True)
class Timelines:
    """Throughput of every window in the order in which they were taken."""

    lines: tuple[Timeline, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """One chart of one benchmark."""

    name: str
    """Of its file, without suffix; unique within a run."""
    benchmark: str
    title: str
    subtitle: str
    what: Chart | Percentiles | Timelines


def pictures(summary: Summary) -> tuple[Picture, ...]:
    """Lay out all charts that have anything to show, benchmark by benchmark."""
    summary = masked(summary)
    by_benchmark: dict[str, list[MeasuredCell]] = {}
    for cell in cells(summary):
        by_benchmark.setdefault(cell.table.benchmark.name, []).append(cell)
    taken: set[str] = set()
    charts_of_run: list[Picture] = []
    for table in summary.tables:
        shown = view(summary, table)
        word = unique(slug(table.benchmark.name), taken)
        charts_of_run += _of_benchmark(
            summary, shown, word, by_benchmark.get(table.benchmark.name, [])
        )
    return tuple(charts_of_run)


def _of_benchmark(
    summary: Summary, shown: TableView, word: str, measured: list[MeasuredCell]
) -> Iterator[Picture]:
    benchmark = shown.table.benchmark.name
    lead = f"run-{summary.run.number}-{word}"
    for chart in charts(summary, shown):
        subtitle = f"{shown.title}: {chart.better}"
        yield Picture(f"{lead}-{chart.name}", benchmark, chart.title, subtitle, chart)
    curves = {cell.stack.name: curve(cell) for cell in measured}
    drawn = tuple(line for line in curves.values() if line is not None)
    if drawn:
        not_shown = tuple(name for name, line in curves.items() if line is None)
        yield Picture(
            f"{lead}-latency",
            benchmark,
            "Response time by percentile",
            f"{shown.title}: less is better",
            Percentiles(drawn, not_shown),
        )
    if lines := timelines(summary, shown):
        yield Picture(
            f"{lead}-windows",
            benchmark,
            "Requests a second, window by window",
            f"{shown.title}: all on one scale, rounds between the lines",
            Timelines(lines),
        )
