"""What a race says first, for a terminal: what to take, one table, at most three notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from timetrial.analysis.recommendation import Recommendation
from timetrial.features.race.terminal import command_lines
from timetrial.features.race.view import RacePage, race_page
from timetrial.model import Summary
from timetrial.reports.answer import (
    GO,
    chosen_notes,
    closing,
    render_answer,
    resource_columns,
    stack_columns,
    stream_figure_columns,
    throughput_columns,
)
from timetrial.reports.compact_table import Column, compact
from timetrial.reports.grids import figure_cell, prose
from timetrial.reports.table_view import Note, view
from timetrial.reports.verdict_line import Headline, named, said

_LABELS: Mapping[str, str] = {
    "one": "RECOMMENDED",
    "any": "NO CLEAR WINNER",
    "undecided": "NOT DECIDED",
    "none": "NO RECOMMENDATION",
}
_VALID_FOR = "Valid for this app, load and machine; servers and load generator shared it."


def render(summary: Summary, *, brief: bool = False) -> RenderableType:
    """Make a run's answer ready to be printed by rich: that of a race recommends a server.

    `brief`: its verdict and its table alone.
    """
    page = race_page(summary)
    if page is None:
        return render_answer(summary, brief=brief)
    return _Answer(summary, page, brief)


@dataclass(frozen=True, slots=True)
class _Answer:
    summary: Summary
    page: RacePage
    brief: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        page, width = self.page, options.max_width
        tables = [view(self.summary, table) for table in self.summary.tables]
        notes = {} if self.brief else chosen_notes(tables)
        verdict = headline_of(page)
        yield from said(verdict, page.title, " · ".join(page.conditions), width)
        if page.advice.but and not self.brief:
            yield prose(Text(page.advice.but), width)
        yield compact(_columns(page, notes), console, options)
        if self.brief:
            return
        yield from closing(page.failure_groups, notes, tables, width)
        if page.choice.excluded:
            yield prose(Text(_not_considered(page.choice)), width)
        if page.excluded_servers:
            yield prose(Text(_not_raced(self.summary), style="dim"), width)
        for deployment in page.commands[:1]:
            yield Text()
            yield Text("Run it", style="bold")
            yield from command_lines(deployment, width, several=len(page.commands) > 1)
        yield Text()
        yield prose(Text(_VALID_FOR, style="dim"), width)


def headline_of(page: RacePage) -> Headline:
    """Put the kind of a recommendation in front of its verdict."""
    kind = page.choice.kind
    return Headline(_LABELS[kind], page.advice.verdict, decided=kind == "one")


def _columns(page: RacePage, notes: Mapping[str, Note]) -> Iterator[Column]:
    rows = [line.row for line in page.lines]
    numbers = {note.number: note.name for note in page.notes}
    marks = [
        sorted({notes[numbers[mark]].number for mark in line.marks if numbers[mark] in notes})
        for line in page.lines
    ]
    yield from stack_columns(rows)
    yield from throughput_columns(rows, marks)
    for place, (quantile, where) in enumerate(page.latency_heads):
        figures = (line.latencies_ms[place] for line in page.lines)
        cells = tuple(figure_cell(figure, interval=False) for figure in figures)
        yield Column(f"{quantile} ms\n{where}", cells, goes=GO[quantile])
    if page.stream_heads:
        yield from stream_figure_columns([row.streams for row in rows])
    if page.by_core:
        cells = tuple(figure_cell(line.per_core, interval=False) for line in page.lines)
        yield Column("req/s\nper core", cells)
    yield from resource_columns(rows)
    starts = tuple(figure_cell(line.start_s, interval=False) for line in page.lines)
    yield Column("start s", starts, goes=GO["start"])


def _not_considered(choice: Recommendation) -> str:
    """Name the servers that raced and cannot be recommended; the details have the reasons."""
    disturbed = [each.stack for each in choice.excluded if each.disturbed]
    out = [each.stack for each in choice.excluded if not each.disturbed]
    parts = []
    if disturbed:
        parts.append(f"Not judged, as the machine was disturbed: {named(disturbed)}.")
    if out:
        parts.append(f"Excluded: {named(out)} (--details says why).")
    return " ".join(parts)


def _not_raced(summary: Summary) -> str:
    race_info = summary.run.plan.suite.race_info
    count = len(race_info.excluded_servers) if race_info is not None else 0
    return f"{count} {'server' if count == 1 else 'servers'} not in this race: --details says why."
