"""Histories of stacks over the runs of a store, for a terminal and as data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table as Grid
from rich.text import Text

from timetrial.analysis.trends import SHORTEST, Change, History
from timetrial.model import METRICS, significant
from timetrial.reports.figures import figure
from timetrial.reports.grids import ruled


def render_histories(histories: Sequence[History]) -> RenderableType:
    """Lay out histories, for rich to print."""
    return _Report(tuple(histories))


def histories_as_json(histories: Sequence[History]) -> str:
    return json.dumps([asdict(history) for history in histories], indent=2)


def said(history: History, change: Change) -> str:
    """Return a sentence: 'From run 14 on throughput fell by 8.1 % (levels: 5,410, 4,970 req/s).'"""
    before, after = change.versions
    versions = "" if before == after else f", when the version went from {before} to {after}"
    metric = METRICS[history.metric]
    levels = (significant(level * metric.scale) for level in (change.before, change.after))
    return (
        f"From run {change.run} on {metric.label} "
        f"{'rose' if change.ratio > 1 else 'fell'} by {abs(change.ratio - 1) * 100:.1f} % "
        f"(levels: {', '.join(levels)} {metric.unit}){versions}."
    )


def change_mark(change: Change) -> str:
    """Write a change of level for a table: '▼ 8.1 %'."""
    return f"{'▲' if change.ratio > 1 else '▼'} {abs(change.ratio - 1) * 100:.1f} %"


def judged(history: History) -> tuple[str, ...]:
    """Return a sentence for each change of level, or why there is none."""
    if history.changes:
        return tuple(said(history, change) for change in history.changes)
    if len(history.points) < SHORTEST:
        return (f"A change of level is looked for in {SHORTEST} runs and more.",)
    return ("No change of level is found.",)


_TO_MINUTES = len("2026-01-01 00:00")


@dataclass(frozen=True, slots=True)
class _Report:
    histories: tuple[History, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for history in self.histories:
            yield Text.assemble(
                (f"{history.stack} in {history.benchmark}", "bold"),
                f", {METRICS[history.metric].label} ({METRICS[history.metric].unit})",
            )
            yield Text(f"{history.suite} · {history.settings} · {history.machine}", style="dim")
            yield _table(history)
            yield Text(" ".join(judged(history)))
            yield Text()


def _table(history: History) -> Grid:
    grid = ruled(collapse=False)
    for head in ("run", "when", "version"):
        grid.add_column(Text(head, style="bold"), no_wrap=True)
    for head in ("figure", "95 % interval"):
        grid.add_column(Text(head, style="bold"), justify="right", no_wrap=True)
    grid.add_column("", no_wrap=True)
    steps = {change.run: change_mark(change) for change in history.changes}
    for point in history.points:
        shown = figure(point.figure, METRICS[history.metric].scale)
        step = steps.get(point.run)
        grid.add_row(
            str(point.run),
            point.created_at.replace("T", " ")[:_TO_MINUTES],
            point.version,
            shown.text,
            Text(shown.interval or "", style="dim"),
            Text(step or ", ".join(point.findings), style="bold" if step else "dim"),
        )
    return grid
