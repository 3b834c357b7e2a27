"""The life cycles of stacks: a table for the terminal, and the same in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table as Grid
from rich.text import Text

from timetrial.features.lifecycle.view import HEADS, Cell, LifeRow, LifeView, life_view
from timetrial.model import Run
from timetrial.reports.files import write_page
from timetrial.reports.grids import prose, ruled, two_lines
from timetrial.reports.markdown import table

TITLE = "Life cycle"


def render_lifecycle(run: Run) -> RenderableType:
    """Make the results of experiments ready to be printed by rich."""
    return _Report(life_view(run))


def lifecycle_as_markdown(run: Run) -> str:
    """Write a section with the table, remarks, and the conditions."""
    shown = life_view(run)
    lines = [f"## {TITLE}", "", *_table(shown.rows)]
    lines += [
        f"- **{_as_text(stack)}**: {_as_text(remark)}" for stack, remark in shown.standing_out
    ]
    if shown.standing_out:
        lines.append("")
    return "\n".join([*lines, shown.conditions]) + "\n"


class _Report:
    def __init__(self, shown: LifeView) -> None:
        self._shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        yield Text(TITLE, style="bold underline")
        yield _grid(self._shown.rows)
        for stack, remark in self._shown.standing_out:
            line = Text.assemble(("! ", "bold yellow"), (stack, "bold"), f"  {remark}")
            yield prose(line, width, left=1)
        yield prose(Text(self._shown.conditions, style="dim"), width, left=1)


def _grid(rows: Iterable[LifeRow]) -> Grid:
    grid = ruled()
    for first, second in HEADS:
        first_column = (first, second) == HEADS[0]
        grid.add_column(two_lines(first, second), overflow="fold", no_wrap=first_column)
    for row in rows:
        grid.add_row(two_lines(row.stack, row.workers), *map(cell_text, row.cells))
    return grid


def cell_text(cell: Cell) -> Text:
    """Set a figure with what belongs to it below."""
    style = "yellow" if cell.grave else ""
    text = Text(cell.first, style=style)
    if cell.second:
        text.append("\n" + cell.second, style=style or "dim")
    return text


def _table(rows: Iterable[LifeRow]) -> Iterator[str]:
    heads = [f"{first} ({second})" for first, second in HEADS]
    cells = [[f"{row.stack} ({row.workers})", *map(_in_one_line, row.cells)] for row in rows]
    return table(heads, [[*map(_as_text, row)] for row in cells], left=len(heads))


def _in_one_line(cell: Cell) -> str:
    if not cell.second:
        return cell.first
    return f"{cell.first}{' ' if cell.is_range else ', '}{cell.second}"


def _as_text(text: str) -> str:
    """Escape what would become another column, or markup."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def write_lifecycle(run: Run, folder: Path) -> Path:
    """Write the Markdown beside the page of the run."""
    return write_page(lifecycle_as_markdown(run), folder, f"run-{run.number}-lifecycle.md")
