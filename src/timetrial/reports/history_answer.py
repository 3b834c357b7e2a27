"""What histories say first: whose level changed, and a line for each history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from timetrial.analysis.trends import SHORTEST, History
from timetrial.model import METRICS, counted
from timetrial.reports.compact_table import Column, compact
from timetrial.reports.figures import figure
from timetrial.reports.grids import figure_cell, prose
from timetrial.reports.history import change_mark, said
from timetrial.reports.verdict_line import Headline, most
from timetrial.reports.verdict_line import said as verdict_said


def render_answer(histories: Sequence[History], *, brief: bool = False) -> RenderableType:
    """Make the answer ready to be printed by rich; `brief`: the verdict and the table alone."""
    return _Answer(tuple(histories), brief)


@dataclass(frozen=True, slots=True)
class _Answer:
    histories: tuple[History, ...]
    brief: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        histories, width = self.histories, options.max_width
        metric = METRICS[histories[0].metric]
        runs = {point.run for history in histories for point in history.points}
        about = f"{counted(len(runs), 'run')}, {metric.unit}"
        yield from verdict_said(headline_of(histories), metric.title, about, width)
        yield compact(_columns(histories), console, options)
        if self.brief:
            return
        notes = tuple(
            f"{history.stack} in {history.benchmark}: {said(history, change)}"
            for history in histories
            for change in history.changes[-1:]
        )
        yield from most(notes, width)
        yield prose(Text("Every run of each history: --details.", style="dim"), width)


def headline_of(histories: Sequence[History]) -> Headline:
    """Count the histories whose level changed."""
    changed = sum(bool(history.changes) for history in histories)
    short = sum(len(history.points) < SHORTEST for history in histories)
    if changed:
        return Headline("LEVEL CHANGED", f"in {changed} of {counted(len(histories), 'row')}.")
    if short == len(histories):
        why = f"a change of level is looked for in {SHORTEST} runs and more."
        return Headline("TOO FEW RUNS", why)
    rest = f"; {short} with fewer than {SHORTEST} runs" if short else ""
    text = f"no change of level in {counted(len(histories), 'row')}{rest}."
    return Headline("STEADY", text, decided=True)


def _columns(histories: Sequence[History]) -> Iterator[Column]:
    benchmarks = (Text(history.benchmark) for history in histories)
    yield Column("benchmark", tuple(benchmarks), is_figure=False, wraps=True)
    stacks = (Text(history.stack, "bold") for history in histories)
    yield Column("server", tuple(stacks), is_figure=False, wraps=True)
    versions = (Text(history.points[-1].version) for history in histories)
    yield Column("version", tuple(versions), is_figure=False, goes=3)
    counts = (Text(str(len(history.points))) for history in histories)
    yield Column("runs", tuple(counts), goes=2)
    latest = [
        figure(history.points[-1].figure, METRICS[history.metric].scale) for history in histories
    ]
    yield Column("latest", tuple(figure_cell(each, interval=False) for each in latest))
    intervals = tuple(Text(each.interval or "", "dim") for each in latest)
    yield Column("95 % CI", intervals, goes=1)
    marks = (_changed(history) for history in histories)
    yield Column("latest change", tuple(marks), is_figure=False)


def _changed(history: History) -> Text:
    if not history.changes:
        return Text("–", "dim")
    latest = history.changes[-1]
    return Text(f"{change_mark(latest)} from run {latest.run} on", "bold")
