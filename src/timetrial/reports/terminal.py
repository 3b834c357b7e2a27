"""A run's tables for a terminal, set for the width that there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from timetrial.model import Summary
from timetrial.reports.figures import TIMES
from timetrial.reports.grids import figure_cell, fits, prose, ruled, superscripts, two_lines
from timetrial.reports.not_tried import not_tried
from timetrial.reports.parts import QUANTILES as PART_QUANTILES
from timetrial.reports.parts import PartView
from timetrial.reports.stream_figures import HEADS as STREAM_HEADS
from timetrial.reports.summary_text import passages
from timetrial.reports.table_view import FailureGroup, Note, RowView, TableView, view

_STYLES = {"invalid": "bold red", "doubtful": "yellow", "note": "cyan"}


def render(summary: Summary) -> RenderableType:
    """Make everything that a run says ready to be printed by rich."""
    return _Report(summary)


@dataclass(frozen=True, slots=True)
class _Report:
    summary: Summary

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for table in self.summary.tables:
            shown = view(self.summary, table)
            roomy, tight = _grid(shown, roomy=True), _grid(shown, roomy=False)
            grid = roomy if fits(roomy, console, options) else tight
            yield from _benchmark(shown, grid, options.max_width)
        for passage in passages(self.summary):
            yield prose(Text(passage), options.max_width, below=1)


def _benchmark(shown: TableView, grid: Grid, width: int) -> Iterator[RenderableType]:
    yield Text.assemble((shown.title, "bold underline"), ("\n" + shown.conditions, "dim"))
    yield grid
    if shown.parts:
        yield Padding(_parts(shown.parts), (1, 0, 0, 0))
    footnotes = [*map(failure_group_text, shown.failure_groups), *map(note_text, shown.notes)]
    remarks = Text(" ".join(shown.remarks), style="dim")
    for text in (*footnotes, remarks):
        yield prose(text, width, left=1)
    yield Text()


def _grid(shown: TableView, *, roomy: bool) -> Grid:
    """Set the figures; with room enough response times have their intervals, too."""
    grid = ruled(roomy=roomy)
    grid.add_column(Text(" "), style="bold green", no_wrap=True)
    grid.add_column(
        two_lines("server", f"{'interface · ' if roomy else ''}workers {TIMES} threads"),
        overflow="fold",
    )
    for first, second in _figure_heads(shown):
        grid.add_column(two_lines(first, second), justify="right", no_wrap=True)
    for row in shown.rows:
        grid.add_row(row.rank, server_text(row), *_figure_cells(shown, row, roomy=roomy))
    return grid


def _parts(lines: Sequence[PartView]) -> Grid:
    """Set what clients went through, part by part; response times in ms."""
    grid = ruled()
    grid.add_column(two_lines("server", ""), overflow="fold")
    grid.add_column(two_lines("part", ""), overflow="fold")
    for quantile in PART_QUANTILES:
        grid.add_column(two_lines(quantile, "ms"), justify="right", no_wrap=True)
    for name in ("longest", "count", "failed"):
        grid.add_column(two_lines(name, ""), justify="right", no_wrap=True)
    for line in lines:
        figures = (figure_cell(figure) for figure in line.quantiles_ms)
        failed = Text(line.failed, style="bold red" if line.part.failed else "")
        stack = Text(line.stack, style="bold")
        grid.add_row(stack, line.name, *figures, line.longest, line.count, failed)
    return grid


def _figure_heads(shown: TableView) -> Iterator[tuple[str, str]]:
    if shown.is_idle:
        yield "held", f"of {shown.table.benchmark.load.connections:,}"
        yield "KiB a connection", "95 % interval"
        yield "closed", "by the server"
        if shown.any_failed:
            yield "failed", ""
        return
    yield "requests/s", "95 % interval"
    if shown.has_ratios:
        yield "vs first", "95 %"
    for quantile in shown.quantiles:
        yield quantile, "ms"
    if shown.has_streams:
        yield from STREAM_HEADS
    yield "CPU ms/req", "95 % interval"
    yield "memory", "MiB"
    if shown.any_failed:
        yield "failed", ""


def _figure_cells(shown: TableView, row: RowView, *, roomy: bool) -> Iterator[Text]:
    failed = Text(row.failed, style="bold red" if row.row.failed else "")
    if shown.is_idle:
        yield figure_cell(row.held, interval=False, marks=row.marks)
        yield figure_cell(row.connection_kib)
        yield Text(row.closed)
        if shown.any_failed:
            yield failed
        return
    yield figure_cell(row.throughput, marks=row.marks)
    if shown.has_ratios:
        yield figure_cell(row.vs_first)
    for latency in row.latencies_ms:
        yield figure_cell(latency, interval=roomy)
    for figure in row.streams:
        yield figure_cell(figure, interval=roomy)
    yield figure_cell(row.cpu_s_per_1000)
    yield figure_cell(row.memory_mib, interval=False)
    if shown.any_failed:
        yield failed


def server_text(row: RowView) -> Text:
    beneath = "\n".join(filter(None, (row.shape, row.left)))
    return Text.assemble((row.name, "bold"), f" {row.version}", ("\n" + beneath, "dim"))


def note_text(note: Note) -> Text:
    return Text.assemble(
        (superscripts((note.number,)) + " ", "cyan"),
        (f"{note.severity}: {note.name}", _STYLES[note.severity]),
        "  " + " ".join(note.texts),
    )


def failure_group_text(failure_group: FailureGroup) -> Text:
    what = f"failed in {failure_group.when}, {failure_group.phase}: {failure_group.reason}"
    if failure_group.foretold:
        what = f"{what} (its manifest says that it fails)"
    if failure_group.declared:
        what = f"{not_tried(failure_group)}: {failure_group.reason}"
    return Text.assemble(("✗ ", "bold red"), (failure_group.stack, "bold"), f" {what}")
