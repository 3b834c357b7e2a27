"""The figures of k6 or wrk, as published and as the same tool gives them here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table as Grid
from rich.text import Text

from timetrial.model.units import significant
from timetrial.reports.figures import DASH
from timetrial.reports.grids import ruled, two_lines

if TYPE_CHECKING:
    from timetrial.features.published.comparison import ComparedRow
    from timetrial.features.published.tool_comparison import ToolFigureComparison

CHOSEN: Mapping[str, Sequence[str]] = {
    "wrk": (
        "latency stdev", "transfer/s", "connect errors", "read errors", "write errors",
        "non-2xx or 3xx",
    ),
    "k6": (
        "blocked p(95)", "sending p(95)", "waiting p(95)", "receiving p(95)", "iteration med",
        "iteration p(95)",
    ),
}  # fmt: skip
"""What a terminal has room for; the page and the JSON have all."""


def tool_figure(value: float | None) -> str:
    """Write one figure of a tool, or a dash."""
    return DASH if value is None else significant(value)


def tool_grids(lines: Sequence[ComparedRow]) -> Iterator[Grid]:
    """Set a table for each tool that drove a row as it was published: two lines a row."""
    for tool, names in CHOSEN.items():
        own = [line for line in lines if line.tool and line.row.figures.tool == tool]
        if own:
            yield _grid(tool, names, own)


def _grid(tool: str, names: Sequence[str], lines: Sequence[ComparedRow]) -> Grid:
    grid = ruled(header_style="bold")
    grid.title = f"{tool}'s own figures: published, and below them here"
    grid.title_justify = "left"
    grid.add_column("server\nbenchmark", overflow="fold")
    for figure in _chosen_figures(lines[0], names):
        unit = figure.unit or "count"
        grid.add_column(f"{figure.name.replace(' ', chr(10), 1)}\n{unit}", justify="right")
    for line in lines:
        figures = _chosen_figures(line, names)
        name = two_lines(line.row.cell.stack, line.row.cell.benchmark)
        grid.add_row(name, *(_both(figure) for figure in figures))
    return grid


def _chosen_figures(line: ComparedRow, names: Sequence[str]) -> list[ToolFigureComparison]:
    by_name = {figure.name: figure for figure in line.tool}
    return [by_name[name] for name in names if name in by_name]


def _both(figure: ToolFigureComparison) -> Text:
    return Text.assemble((tool_figure(figure.published), "dim"), "\n" + tool_figure(figure.here))
