"""What requests execute, beside their CPU time: counted after a run, and ranked by nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from timetrial.model import CountedStack, Summary, Table, UncountedStack, listed, significant
from timetrial.reports.compact_table import Column, compact
from timetrial.reports.figures import NONE, Figure
from timetrial.reports.grids import prose
from timetrial.reports.table_view import title, view

TITLE = "Instructions per request"
HEADS = ("server", "CPU ms/request", "instructions", "system calls")
_DIGITS = 4
"""Starts of the same server differ by 0.2 %."""
WHY_UNRANKED = (
    "Counts are what runs in user space: not waiting, not cache misses, and not the kernel, of "
    "which the system calls are counted. They tell versions of one server apart and rank no "
    "servers: over eleven, their rank correlation with CPU time was 0.66."
)


@dataclass(frozen=True, slots=True)
class CountRow:
    """One stack: what the run has measured of it, and what was counted afterwards."""

    stack: str
    cpu_ms: Figure
    instructions: str
    system_calls: str


@dataclass(frozen=True, slots=True)
class CountView:
    """The counted stacks of one benchmark, in the order of its table."""

    title: str
    """Of the benchmark."""
    rows: tuple[CountRow, ...]
    uncounted: tuple[UncountedStack, ...]
    how: str
    """In one sentence."""


def count_views(summary: Summary) -> tuple[CountView, ...]:
    """Lay out what was counted; empty where nothing was."""
    if not summary.run.countings:
        return ()
    views = (_view(summary, table) for table in summary.tables)
    return tuple(shown for shown in views if shown is not None)


def counted_stacks(summary: Summary, benchmark: str) -> dict[str, CountedStack]:
    """Return the counts of a benchmark, by stack; those of a later start count."""
    return {
        each.stack: each
        for each in summary.run.countings
        if isinstance(each, CountedStack) and each.benchmark == benchmark
    }


def render_counts(summary: Summary, *, brief: bool = False) -> RenderableType:
    """Make what was counted ready to be printed by rich; `brief`: the table alone."""
    return _Counts(count_views(summary), brief)


@dataclass(frozen=True, slots=True)
class _Counts:
    views: tuple[CountView, ...]
    brief: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for shown in self.views:
            where = f", {shown.title}" if len(self.views) > 1 else ""
            yield Text(f"{TITLE}{where}", "bold underline")
            if shown.rows:
                yield compact(_columns(shown.rows), console, options)
            for each in shown.uncounted:
                line = Text.assemble(
                    ("✗ ", "red"), (each.stack, "bold"), f" was not counted: {each.reason}"
                )
                yield prose(line, options.max_width, left=1)
            if not self.brief:
                text = Text(f"{shown.how} {WHY_UNRANKED}", "dim")
                yield prose(text, options.max_width, left=1)


def _columns(rows: Iterable[CountRow]) -> Iterator[Column]:
    rows = list(rows)
    names = tuple(Text(row.stack, "bold") for row in rows)
    yield Column(HEADS[0], names, is_figure=False, wraps=True)
    yield Column(HEADS[1], tuple(Text(row.cpu_ms.text) for row in rows), goes=1)
    yield Column(HEADS[2], tuple(Text(row.instructions) for row in rows))
    yield Column(HEADS[3], tuple(Text(row.system_calls) for row in rows))


def _view(summary: Summary, table: Table) -> CountView | None:
    name = table.benchmark.name
    counted = counted_stacks(summary, name)
    uncounted = {
        each.stack: each
        for each in summary.run.countings
        if isinstance(each, UncountedStack) and each.benchmark == name and each.stack not in counted
    }
    if not counted and not uncounted:
        return None
    rows = tuple(
        CountRow(
            row.name,
            row.cpu_s_per_1000,  # s for 1,000 are ms for one
            significant(counted[row.name].instructions, _DIGITS),
            _calls(counted[row.name].system_calls),
        )
        for row in view(summary, table).rows
        if row.name in counted
    )
    return CountView(title(table.benchmark), rows, tuple(uncounted.values()), _how(counted))


def _calls(system_calls: float | None) -> str:
    return NONE if system_calls is None else significant(system_calls)


def _how(counted: dict[str, CountedStack]) -> str:
    counters = listed(list(dict.fromkeys(each.counter for each in counted.values())))
    by = f" by {counters}" if counters else ""
    return f"Counted{by} after the run, in one process of each, one request at a time."
