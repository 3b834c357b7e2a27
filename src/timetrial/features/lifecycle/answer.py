"""What life cycles say first: which stops and reloads lose no request, a table, three remarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from timetrial.features.lifecycle.terminal import TITLE, cell_text
from timetrial.features.lifecycle.view import HEADS, LifeRow, life_view, lives_of
from timetrial.model import Run, StackSummary
from timetrial.reports.compact_table import Column, compact
from timetrial.reports.grids import prose
from timetrial.reports.verdict_line import MOST_NOTES, Headline, named, said

_GOES = {"start": 2, "MiB a worker": 3, "busiest worker": 4, "killed worker": 1}
"""Columns that make room on a narrow terminal, those with the highest number first."""


def render_answer(run: Run, *, brief: bool = False) -> RenderableType:
    """Make the answer ready to be printed by rich; `brief`: the verdict and the table alone."""
    return _Answer(run, brief)


@dataclass(frozen=True, slots=True)
class _Answer:
    run: Run
    brief: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown, width = life_view(self.run), options.max_width
        summaries = [life.portrait for life in lives_of(self.run)]
        yield from said(headline_of(summaries), TITLE, "", width)
        yield compact(_columns(shown.rows), console, options)
        if self.brief:
            return
        for stack, remark in shown.standing_out[:MOST_NOTES]:
            line = Text.assemble(("! ", "bold yellow"), (stack, "bold"), f"  {remark}")
            yield prose(line, width, left=1)
        more = len(shown.standing_out) - MOST_NOTES
        if more > 0:
            yield prose(Text(f"{more} more: --details.", "dim"), width)


def headline_of(summaries: Sequence[StackSummary]) -> Headline:
    """Name the servers that lose no request when they are stopped and reloaded, and the others."""
    tried = [summary for summary in summaries if summary.stop or summary.reload]
    losing = [summary.stack for summary in tried if _loses(summary)]
    keeping = [summary.stack for summary in tried if not _loses(summary)]
    if not tried:
        return Headline("NO FIGURES", "no server was stopped or reloaded under load.", failed=True)
    if not losing:
        text = f"{named(keeping)}: none at SIGTERM or a reload."
        return Headline("NO REQUEST LOST", text, decided=True)
    kept = f" {named(keeping)}: none lost." if keeping else ""
    text = f"{named(losing)}: at SIGTERM or a reload.{kept}"
    return Headline("REQUESTS LOST", text, failed=True)


def _loses(summary: StackSummary) -> bool:
    stop, reload = summary.stop, summary.reload
    return (stop is not None and (stop.lost.high > 0 or stop.killed > 0)) or (
        reload is not None and (reload.lost.high > 0 or reload.ended > 0)
    )


def _columns(rows: Sequence[LifeRow]) -> Iterator[Column]:
    names = (Text(row.stack, "bold") for row in rows)
    yield Column(HEADS[0][0], tuple(names), is_figure=False, wraps=True)
    for place, (first, second) in enumerate(HEADS[1:]):
        cells = tuple(cell_text(row.cells[place]) for row in rows)
        yield Column(f"{first}\n{second}", cells, goes=_GOES.get(first, 0), is_figure=False)
