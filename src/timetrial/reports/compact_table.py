"""A table of one line a row, in which the columns that say least make room on a narrow terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions
from rich.table import Table as Grid
from rich.text import Text

from timetrial.reports.grids import fits, ruled


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a compact table."""

    head: str
    cells: tuple[Text, ...]
    goes: int = 0
    """Of the columns that may go, the one with the highest number goes first; 0 stays."""
    is_figure: bool = True
    wraps: bool = False
    """Whether its texts may take several lines, as names and clauses do."""


def compact(all_columns: Iterable[Column], console: Console, options: ConsoleOptions) -> Grid:
    """Set a table of one line a row, without the columns that find no room."""
    kept = list(all_columns)
    while True:
        for roomy in (True, False):
            grid = _grid(kept, roomy=roomy)
            if fits(grid, console, options):
                return grid
        least = max(kept, key=lambda column: column.goes)
        if not least.goes:
            return grid
        kept.remove(least)


def _grid(kept: Sequence[Column], *, roomy: bool) -> Grid:
    grid = ruled(roomy=roomy, header_style="bold")
    for column in kept:
        grid.add_column(
            column.head,
            justify="right" if column.is_figure else "left",
            no_wrap=not column.wraps,
        )
    for cells in zip(*(column.cells for column in kept), strict=True):
        grid.add_row(*cells)
    return grid
