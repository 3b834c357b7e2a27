"""Histories of stacks over the runs of a store, for a terminal and as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rich.table import Table as Grid
from rich.text import Text

from timetrial.analysis.trends import SHORTEST
from timetrial.model.metrics import METRICS
from timetrial.model.units import significant
from timetrial.reports.figures import figure
from timetrial.reports.grids import ruled

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from timetrial.analysis.trends import Change, History


def render_histories(found: Sequence[History]) -> RenderableType:
    """Make histories ready to be printed by rich."""
    return _Report(tuple(found))


def histories_as_json(found: Sequence[History]) -> str:
    return json.dumps([asdict(each) for each in found], indent=2)


def said(history: History, change: Change) -> str:
    """Say in one sentence what changed: '-8.1 % from run 14 on (uvicorn 0.53.0 → 0.54.0)'."""
    before, after = change.versions
    versions = "" if before == after else f", when the version went from {before} to {after}"
    figures = ", ".join(_written(history, value) for value in (change.before, change.after))
    return (
        f"From run {change.run} on {METRICS[history.metric].label} "
        f"{'rose' if change.ratio > 1 else 'fell'} by {abs(change.ratio - 1) * 100:.1f} % "
        f"(levels: {figures} {METRICS[history.metric].unit}){versions}."
    )


def judged(history: History) -> tuple[str, ...]:
    """Say all that a history tells, or why it tells nothing."""
    if history.changes:
        return tuple(said(history, change) for change in history.changes)
    if len(history.points) < SHORTEST:
        return (f"A change of level is looked for in {SHORTEST} runs and more.",)
    return ("No change of level is found.",)


def _written(history: History, value: float) -> str:
    return significant(value * METRICS[history.metric].scale)


_TO_MINUTES = len("2026-01-01 00:00")


@dataclass(frozen=True, slots=True)
class _Report:
    found: tuple[History, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for history in self.found:
            yield Text.assemble(
                (f"{history.stack} in {history.benchmark}", "bold"),
                f", {METRICS[history.metric].label} ({METRICS[history.metric].unit})",
            )
            yield Text(f"{history.suite} · {history.settings} · {history.machine}", style="dim")
            yield _table(history)
            yield Text(" ".join(judged(history)))
            yield Text()


def _step(change: Change) -> str:
    return f"{'▲' if change.ratio > 1 else '▼'} {abs(change.ratio - 1) * 100:.1f} %"


def _table(history: History) -> Grid:
    grid = ruled(collapse=False)
    for head in ("run", "when", "version"):
        grid.add_column(Text(head, style="bold"), no_wrap=True)
    for head in ("figure", "95 % interval"):
        grid.add_column(Text(head, style="bold"), justify="right", no_wrap=True)
    grid.add_column("", no_wrap=True)
    for row in _rows(history):
        grid.add_row(*row)
    return grid


def _rows(history: History) -> Iterator[tuple[Text | str, ...]]:
    changed = {change.run: change for change in history.changes}
    for point in history.points:
        shown = figure(point.figure, METRICS[history.metric].scale)
        change = changed.get(point.run)
        mark = "" if change is None else _step(change)
        yield (
            str(point.run),
            point.created_at.replace("T", " ")[:_TO_MINUTES],
            point.version,
            shown.text,
            Text(shown.interval or "", style="dim"),
            Text(mark or ", ".join(point.findings), style="bold" if mark else "dim"),
        )
