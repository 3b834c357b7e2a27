"""What a run says first, for a terminal: a verdict and one table a benchmark, at most three notes.

All else stands in the details. Where the width does not suffice, the columns that say least go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table as Grid
from rich.text import Text

from timetrial.analysis.statistics.control import bar, is_alarm
from timetrial.model import METRICS, Severity, Summary, Table, listed
from timetrial.reports.figures import TIMES, Figure
from timetrial.reports.grids import figure_cell, fits, prose, ruled, superscripts
from timetrial.reports.headline import Headline, headline
from timetrial.reports.table_view import (
    SEVERITIES,
    FailureGroup,
    Note,
    RowView,
    TableView,
    failure_groups,
    view,
    what_is_measured,
)
from timetrial.reports.terminal import failure_group_text
from timetrial.reports.verdicts import percent

MOST_NOTES = 3
GO: Mapping[str, int] = {
    name: number
    for number, name in enumerate(
        ("ratio", "p99", "CPU time", "interval", "p50", "workers", "memory", "start", "p90"), 1
    )
}
"""Columns that make room on a narrow terminal, the last one first."""
SAID_BY_HEADLINE = frozenset({"bound-by-client"})
GRAVE: Sequence[Severity] = SEVERITIES[:2]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a compact table."""

    head: str
    cells: tuple[Text, ...]
    goes: int = 0
    """Of the columns that may go, the one with the highest number goes first; 0 stays."""
    is_figure: bool = True


def render_answer(summary: Summary) -> RenderableType:
    """Make the answer of a run ready to be printed by rich."""
    return _Answer(summary)


@dataclass(frozen=True, slots=True)
class _Answer:
    summary: Summary

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        tables = [view(self.summary, table) for table in self.summary.tables]
        numbers = chosen_notes(tables)
        for shown in tables:
            asked = what_is_measured(shown.table.benchmark)
            yield from said(headline(shown), shown.title, asked, options.max_width)
            yield compact(columns(shown, numbers), console, options)
        groups = failure_groups(self.summary, self.summary.run.failures)
        yield from closing(groups, numbers, tables, options.max_width)


def said(verdict: Headline, title: str, conditions: str, width: int) -> Iterator[RenderableType]:
    """Lay out what was measured, and the verdict on it."""
    yield prose(Text.assemble((title, "bold underline"), (f" · {conditions}", "dim")), width)
    style = "bold green" if verdict.decided else "bold yellow"
    yield prose(Text.assemble((verdict.label, style), f"  {verdict.text}"), width)


def chosen_notes(tables: Sequence[TableView]) -> Mapping[str, Note]:
    """Choose the notes that change what a reader would do: the gravest, by the name of their kind.

    Notes of the same kind in several benchmarks are one.
    """
    found: dict[str, list[Note]] = {}
    for severity in GRAVE:
        for shown in tables:
            for note in shown.notes:
                if note.severity == severity and note.name not in SAID_BY_HEADLINE:
                    found.setdefault(note.name, []).append(note)
    chosen = list(found.items())[:MOST_NOTES]
    return {
        name: Note(
            number, name, alike[0].severity, tuple(text for note in alike for text in note.texts)
        )
        for number, (name, alike) in enumerate(chosen, start=1)
    }


def columns(shown: TableView, numbers: Mapping[str, Note]) -> Iterator[Column]:
    """List the columns of a benchmark, from the left."""
    rows = shown.rows
    yield from stack_columns(rows)
    yield from throughput_columns(rows, [_marks(shown, row, numbers) for row in rows])
    for place, quantile in enumerate(shown.quantiles):
        cells = tuple(figure_cell(row.latencies_ms[place], interval=False) for row in rows)
        yield Column(f"{quantile} ms", cells, goes=GO[quantile])
    yield from resource_columns(rows)
    if shown.any_failed:
        yield Column("failed", tuple(Text(row.failed, style="red") for row in rows))


def stack_columns(rows: Sequence[RowView]) -> Iterator[Column]:
    if any(row.rank for row in rows):
        yield Column("rank", tuple(Text(row.rank) for row in rows), is_figure=False)
    yield Column("server", tuple(Text(row.name, "bold") for row in rows), is_figure=False)
    workers = (f"{row.row.stack.workers} {TIMES} {row.row.stack.threads}" for row in rows)
    yield Column("workers", tuple(map(Text, workers)), goes=GO["workers"])


def throughput_columns(rows: Sequence[RowView], marks: Sequence[Sequence[int]]) -> Iterator[Column]:
    figures = [row.throughput for row in rows]
    cells = [
        figure_cell(figure, interval=False, marks=mark)
        for figure, mark in zip(figures, marks, strict=True)
    ]
    yield Column("req/s", tuple(cells))
    yield Column("95 % CI", tuple(_interval(figure) for figure in figures), goes=GO["interval"])
    ratios = [row.vs_first for row in rows]
    if any(not ratio.missing for ratio in ratios):
        yield Column("vs first", tuple(map(_with_interval, ratios)), goes=GO["ratio"])


def resource_columns(rows: Sequence[RowView]) -> Iterator[Column]:
    # Seconds for 1,000 requests are milliseconds for one.
    yield Column(
        "CPU ms/req",
        tuple(figure_cell(row.cpu_s_per_1000, interval=False) for row in rows),
        goes=GO["CPU time"],
    )
    memory = tuple(figure_cell(row.memory_mib, interval=False) for row in rows)
    yield Column("MiB", memory, goes=GO["memory"])


def compact(all_columns: Iterator[Column], console: Console, options: ConsoleOptions) -> Grid:
    """Set a table of one line a server, without the columns that find no room."""
    kept = list(all_columns)
    while True:
        for roomy in (True, False):
            grid = _grid(kept, roomy=roomy)
            if fits(grid, console, options):
                return grid
        least = max(kept, key=lambda column: column.goes)
        if not least.goes:
            return grid
        kept.remove(least)


def _grid(kept: Sequence[Column], *, roomy: bool) -> Grid:
    grid = ruled(roomy=roomy, header_style="bold")
    for column in kept:
        grid.add_column(
            column.head,
            justify="right" if column.is_figure else "left",
            no_wrap=column.head != "server",
        )
    for cells in zip(*(column.cells for column in kept), strict=True):
        grid.add_row(*cells)
    return grid


def closing(
    groups: Sequence[FailureGroup],
    numbers: Mapping[str, Note],
    tables: Sequence[TableView],
    width: int,
) -> Iterator[RenderableType]:
    """Lay out what failed, the notes, and whether control and responses were as they should be."""
    for group in groups[:MOST_NOTES]:
        yield prose(failure_group_text(group), width, left=1)
    for note in numbers.values():
        yield prose(_note_text(note), width, left=1)
    more = len({note.name for shown in tables for note in shown.notes} - numbers.keys())
    sentences = [*_left_early(tables), *checked([shown.table for shown in tables])]
    if len(groups) > MOST_NOTES:
        sentences.append(f"{len(groups) - MOST_NOTES} more failures: --details.")
    if more:
        sentences.append(f"{more} more {'kind' if more == 1 else 'kinds'} of notes: --details.")
    yield prose(Text(" ".join(sentences), style="dim"), width)


def _left_early(tables: Sequence[TableView]) -> Iterator[str]:
    """Name the servers that left a race before its end."""
    left: dict[str, dict[str, None]] = {}
    for shown in tables:
        for row in shown.rows:
            if row.left:
                left.setdefault(row.left, {})[row.name] = None
    for when, names in left.items():
        yield f"{listed(list(names))} {when}: clearly slower."


def checked(tables: Sequence[Table]) -> Iterator[str]:
    """Say whether requests failed, and how the A/A control came out."""
    failed = sum(row.failed for table in tables for row in table.rows)
    if any(row.requests for table in tables for row in table.rows):
        yield f"{failed:,} requests failed." if failed else "No failed requests."
    compared = [pair for table in tables for pair in table.control]
    if not compared:
        return
    largest: dict[str, float] = {}
    for pair in filter(is_alarm, compared):
        label = METRICS[pair.metric].label
        largest[label] = max(largest.get(label, 0.0), bar(pair))
    unjudged = (f"{label} below {percent(share)}" for label, share in largest.items())
    if largest:
        yield f"Control check failed: differences in {', '.join(unjudged)} are not judged."
    else:
        yield "Control: OK."


def _marks(shown: TableView, row: RowView, numbers: Mapping[str, Note]) -> tuple[int, ...]:
    names = {note.name for note in shown.notes if note.number in row.marks}
    return tuple(sorted(numbers[name].number for name in names if name in numbers))


def _note_text(note: Note) -> Text:
    more = f" {len(note.texts) - 1} more like it: --details." if len(note.texts) > 1 else ""
    return Text.assemble((f"{superscripts((note.number,))} ", "cyan"), note.texts[0], (more, "dim"))


def _interval(figure: Figure) -> Text:
    return Text(figure.interval or "", style="dim")


def _with_interval(ratio: Figure) -> Text:
    interval = f" [{ratio.interval}]" if ratio.interval else ""
    return Text.assemble("" if ratio.missing else ratio.text, (interval, "dim"))
