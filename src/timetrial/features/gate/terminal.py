"""A gate's judgements for a terminal: the verdict, a table, and remarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table as Grid
from rich.text import Text

from timetrial.features.gate.judgement import Gate, Judgement, JudgementKind
from timetrial.features.gate.text import judgement_text, limits, reservations, title, verdict
from timetrial.model import GATED
from timetrial.model.summary import Missing
from timetrial.reports.figures import NONE
from timetrial.reports.grids import prose, ruled
from timetrial.reports.ratios import change_parts
from timetrial.reports.verdict_line import most, said

_STYLES: Mapping[JudgementKind, str] = {
    "regression": "bold red",
    "broken": "bold red",
    "within the limit": "green",
    "cannot tell": "yellow",
    "no figure": "dim",
}


def render_gate(gate: Gate, *, details: bool = False, brief: bool = False) -> RenderableType:
    """Make a gate ready to be printed by rich.

    `details`: with all reservations; `brief`: the verdict and the table alone.
    """
    return _Report(gate, details, brief)


@dataclass(frozen=True, slots=True)
class _Report:
    gate: Gate
    details: bool
    brief: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        gate, width = self.gate, options.max_width
        yield from said(verdict(gate), title(gate), "", width)
        yield _table(gate)
        if self.brief:
            return
        remarks = (*reservations(gate), *gate.remarks)
        if self.details:
            yield from (prose(Text(remark), width, left=1) for remark in remarks)
            yield prose(Text(f"Within the limit: {limits(gate)}.", style="dim"), width)
        else:
            yield from most(remarks, width)


def _table(gate: Gate) -> Grid:
    grid = ruled()
    named = gate.way == "stored"
    for head in ("benchmark", *(["server"] if named else []), "figure"):
        grid.add_column(Text(head, style="bold"), overflow="fold")
    for head in ("change", "interval"):
        grid.add_column(Text(head, style="bold"), justify="right", no_wrap=True)
    grid.add_column(Text("judgement", style="bold"), overflow="fold")
    before: tuple[str, ...] = ("", "")
    for judgement in gate.judgements:
        place = (judgement.cell.benchmark, judgement.cell.stack)
        benchmark = Text(place[0] if place[0] != before[0] else "", style="bold")
        server = Text(place[1] if place != before else "", style="bold")
        grid.add_row(benchmark, *([server] if named else []), *_judgement_cells(judgement))
        before = place
    return grid


def _judgement_cells(judgement: Judgement) -> tuple[Text, ...]:
    if isinstance(judgement.ratio, Missing):
        value, interval = NONE, ""
    else:
        value, interval = change_parts(judgement.ratio, GATED[judgement.metric].digits)
    style = _STYLES[judgement.call]
    return (
        Text(GATED[judgement.metric].label),
        Text(value, style=style if judgement.call == "regression" else ""),
        Text(interval, style="dim"),
        Text(judgement_text(judgement), style=style),
    )
