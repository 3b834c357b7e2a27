"""The life cycles of stacks: a table for the terminal, and the same in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from timetrial.reports.html import write_page
from timetrial.reports.lifecycle_view import HEADS, Cell, LifeRow, life_view
from timetrial.reports.terminal import RULED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from timetrial.reports.lifecycle_view import LifeView
    from timetrial.run import Run

_READABLE = 100
"""Prose is not set wider than that."""
TITLE = "Life cycle"


def render_lifecycle(run: Run) -> RenderableType:
    """Make what experiments have shown ready to be printed by rich."""
    return _Report(life_view(run))


def lifecycle_as_markdown(run: Run) -> str:
    """Write a section with the table, what stands out, and under which conditions."""
    shown = life_view(run)
    lines = [f"## {TITLE}", "", *_table(shown.rows), ""]
    lines += [
        f"- **{_escaped(stack)}**: {_escaped(remark)}" for stack, remark in shown.standing_out
    ]
    if shown.standing_out:
        lines.append("")
    return "\n".join([*lines, shown.conditions]) + "\n"


class _Report:
    def __init__(self, shown: LifeView) -> None:
        self._shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        margin = max(0, options.max_width - _READABLE)
        yield Text(TITLE, style="bold underline")
        yield _grid(self._shown.rows)
        for stack, remark in self._shown.standing_out:
            line = Text.assemble(("! ", "bold yellow"), (stack, "bold"), f"  {remark}")
            yield Padding(line, (0, margin, 0, 1))
        yield Padding(Text(self._shown.conditions, style="dim"), (0, margin, 0, 1))


def _grid(rows: Iterable[LifeRow]) -> Grid:
    grid = Grid(
        box=RULED, padding=(0, 1), collapse_padding=True, pad_edge=False, border_style="dim",
        header_style="none",
    )  # fmt: skip
    for first, second in HEADS:
        head = Text.assemble((first, "bold"), ("\n" + second, "dim"))
        grid.add_column(head, overflow="fold", no_wrap=(first, second) == HEADS[0])
    for row in rows:
        server = Text.assemble((row.stack, "bold"), ("\n" + row.workers, "dim"))
        grid.add_row(server, *map(_cell, row.cells))
    return grid


def _cell(cell: Cell) -> Text:
    style = "yellow" if cell.grave else ""
    text = Text(cell.first, style=style)
    if cell.second:
        text.append("\n" + cell.second, style=style or "dim")
    return text


def _table(rows: Iterable[LifeRow]) -> list[str]:
    heads = [f"{first} ({second})" for first, second in HEADS]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in rows:
        cells = [
            f"{row.stack} ({row.workers})",
            *map(_in_one_line, row.cells),
        ]
        lines.append(f"| {' | '.join(map(_escaped, cells))} |")
    return lines


def _in_one_line(cell: Cell) -> str:
    if not cell.second:
        return cell.first
    return f"{cell.first}{' ' if cell.is_range else ', '}{cell.second}"


def _escaped(text: str) -> str:
    """Keep what servers say from becoming another column, or markup."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def write_lifecycle(run: Run, folder: Path) -> Path:
    """Write the Markdown beside the page of the run."""
    return write_page(lifecycle_as_markdown(run), folder, f"run-{run.number}-lifecycle.md")
