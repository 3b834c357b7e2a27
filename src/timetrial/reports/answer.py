"""What a run says first, for a terminal: a verdict and one table a benchmark, at most three notes.

All else stands in the details. Where the width does not suffice, the columns that say least go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from timetrial.analysis.statistics.control import bar, is_alarm
from timetrial.model import METRICS, Severity, Summary, Table, listed
from timetrial.reports.compact_table import Column, compact
from timetrial.reports.figures import TIMES, Figure
from timetrial.reports.finding_lines import finding_line, is_in_one_line
from timetrial.reports.grids import figure_cell, prose, superscripts
from timetrial.reports.headline import headline
from timetrial.reports.stream_figures import HEADS as STREAM_HEADS
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
from timetrial.reports.verdict_line import MOST_NOTES, said
from timetrial.reports.verdicts import percent

GO: Mapping[str, int] = {
    name: number
    for number, name in enumerate(
        ("ratio", "p99", "CPU time", "interval", "p50", "workers", "memory", "start", "p90"), 1
    )
}
"""Columns that make room on a narrow terminal, the last one first."""
SAID_BY_HEADLINE = frozenset({"bound-by-client"})
GRAVE: Sequence[Severity] = SEVERITIES[:2]


def render_answer(summary: Summary, *, brief: bool = False) -> RenderableType:
    """Make the answer of a run ready to be printed by rich; `brief`: verdicts and tables alone."""
    return _Answer(summary, brief)


@dataclass(frozen=True, slots=True)
class _Answer:
    summary: Summary
    brief: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        tables = [view(self.summary, table) for table in self.summary.tables]
        numbers = {} if self.brief else chosen_notes(tables)
        for shown in tables:
            asked = what_is_measured(shown.table.benchmark)
            yield from said(headline(shown), shown.title, asked, options.max_width)
            yield compact(columns(shown, numbers), console, options)
        if self.brief:
            return
        groups = failure_groups(self.summary, self.summary.run.failures)
        yield from closing(groups, numbers, tables, options.max_width)


def chosen_notes(tables: Sequence[TableView]) -> Mapping[str, Note]:
    """Choose the notes that change what a reader would do: the gravest, by the name of their kind.

    Notes of the same kind in several benchmarks are one. Where there is room, reasons for a figure
    follow that make nothing doubtful.
    """
    found: dict[str, list[Note]] = {}
    for severity in GRAVE:
        for shown in tables:
            for note in shown.notes:
                if note.severity == severity and note.name not in SAID_BY_HEADLINE:
                    found.setdefault(note.name, []).append(note)
    for name in _REASONS:
        alike = [note for shown in tables for note in shown.notes if note.name == name]
        if alike and not _explained(alike, found):
            found.setdefault(name, alike)
    return {
        name: Note(
            number,
            name,
            alike[0].severity,
            tuple(text for note in alike for text in note.texts),
            tuple(dict.fromkeys(stack for note in alike for stack in note.stacks)),
        )
        for number, (name, alike) in enumerate(list(found.items())[:MOST_NOTES], start=1)
    }


_REASONS = (
    "not-all-held", "worker-connections", "thread-cap", "reconnect-per-request", "idle-server",
)  # fmt: skip


def _explained(notes: Sequence[Note], found: Mapping[str, Sequence[Note]]) -> bool:
    """Whether a note before says already why cores were idle."""
    if notes[0].name != "idle-server":
        return False
    capped = {stack for note in found.get("thread-cap", ()) for stack in note.stacks}
    return {stack for note in notes for stack in note.stacks} <= capped


def columns(shown: TableView, numbers: Mapping[str, Note]) -> Iterator[Column]:
    """List the columns of a benchmark, from the left."""
    rows = shown.rows
    yield from stack_columns(rows)
    marks = [_marks(shown, row, numbers) for row in rows]
    if shown.is_idle:
        yield from idle_columns(rows, marks)
        yield from _failed_column(shown)
        return
    yield from throughput_columns(rows, marks)
    for place, quantile in enumerate(shown.quantiles):
        cells = tuple(figure_cell(row.latencies_ms[place], interval=False) for row in rows)
        yield Column(f"{quantile} ms", cells, goes=GO[quantile])
    if shown.has_streams:
        yield from stream_figure_columns([row.streams for row in rows])
    yield from resource_columns(rows)
    yield from _failed_column(shown)


def _failed_column(shown: TableView) -> Iterator[Column]:
    if shown.any_failed:
        yield Column("failed", tuple(Text(row.failed, style="red") for row in shown.rows))


def idle_columns(rows: Sequence[RowView], marks: Sequence[Sequence[int]]) -> Iterator[Column]:
    """List the columns of connections that were held."""
    held = (
        figure_cell(row.held, interval=False, marks=mark)
        for row, mark in zip(rows, marks, strict=True)
    )
    yield Column("held", tuple(held))
    memory = [row.connection_kib for row in rows]
    yield Column("KiB a connection", tuple(figure_cell(each, interval=False) for each in memory))
    yield Column("95 % CI", tuple(map(_interval, memory)), goes=GO["interval"])
    yield Column("closed by the server", tuple(Text(row.closed) for row in rows), goes=GO["p90"])


def stack_columns(rows: Sequence[RowView]) -> Iterator[Column]:
    if any(row.rank for row in rows):
        yield Column("rank", tuple(Text(row.rank) for row in rows), is_figure=False)
    names = tuple(Text(row.name, "bold") for row in rows)
    yield Column("server", names, is_figure=False, wraps=True)
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


def stream_figure_columns(figures: Sequence[Sequence[Figure]]) -> Iterator[Column]:
    """List the columns of streams; `figures` are those of each row."""
    for place, (name, unit) in enumerate(STREAM_HEADS):
        head = name if "interval" in unit else f"{name}\n{unit}"
        cells = tuple(figure_cell(each[place], interval=False) for each in figures)
        yield Column(head, cells, goes=GO["p50"] if place else 0)


def resource_columns(rows: Sequence[RowView]) -> Iterator[Column]:
    # Seconds for 1,000 requests are milliseconds for one.
    yield Column(
        "CPU ms/req",
        tuple(figure_cell(row.cpu_s_per_1000, interval=False) for row in rows),
        goes=GO["CPU time"],
    )
    memory = tuple(figure_cell(row.memory_mib, interval=False) for row in rows)
    yield Column("MiB", memory, goes=GO["memory"])


def closing(
    groups: Sequence[FailureGroup],
    numbers: Mapping[str, Note],
    tables: Sequence[TableView],
    width: int,
) -> Iterator[RenderableType]:
    """Lay out what failed, the notes, and whether control and responses were as they should be."""
    for group in groups[:MOST_NOTES]:
        yield prose(failure_group_text(group), width, left=1)
    servers = {row.name for shown in tables for row in shown.rows}
    for note in numbers.values():
        yield prose(_note_text(note, len(servers)), width, left=1)
    more = len({note.name for shown in tables for note in shown.notes} - numbers.keys())
    sentences = [*_left_early(tables), *checked([shown.table for shown in tables])]
    if len(groups) > MOST_NOTES:
        sentences.append(f"{len(groups) - MOST_NOTES} more failures: --details.")
    if more:
        kinds = "kind of note" if more == 1 else "kinds of notes"
        sentences.append(f"{more} more {kinds}: --details.")
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


def _note_text(note: Note, servers: int) -> Text:
    line = finding_line(note.name, note.texts, note.stacks, servers)
    more = ""
    if len(note.texts) > 1 and not is_in_one_line(note.name):
        more = f" {len(note.texts) - 1} more like it: --details."
    return Text.assemble((f"{superscripts((note.number,))} ", "cyan"), line, (more, "dim"))


def _interval(figure: Figure) -> Text:
    return Text(figure.interval or "", style="dim")


def _with_interval(ratio: Figure) -> Text:
    interval = f" [{ratio.interval}]" if ratio.interval else ""
    return Text.assemble("" if ratio.missing else ratio.text, (interval, "dim"))
