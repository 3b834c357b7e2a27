"""What every table on a terminal is made of: its frame, its heads, its figures, its footnotes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import Box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from timetrial.reports.figures import Figure

READABLE = 100
"""Prose is not set wider than that."""
_WIDEST = 1_000
"""Columns within which a table shows how wide it would like to be."""
_RULE = Box("    \n    \n ── \n    \n    \n    \n    \n    \n", ascii=True)
"""A thin line beneath the head, and nothing else; in ASCII the console replaces its dashes."""
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_FULL, _EIGHTHS = "█", " ▏▎▍▌▋▊▉"
_TOGETHER = re.compile(
    r"(?<=\d) (?=(?:%|ns|µs|ms|s|min|B|KiB|MiB|GiB)(?![A-Za-z]))|(?<=[<>≥≤±×]) (?=\d)"
)
"""The space between a number and its unit, or the sign before it."""
_HELD = "\ue000"
"""Stands for such a space while lines are broken: any that Unicode has for that, rich breaks."""


def ruled(*, roomy: bool = True, collapse: bool = True, header_style: str = "none") -> Table:
    """Begin a table with a line beneath its head; the columns are narrower where not `roomy`."""
    return Table(
        box=_RULE,
        padding=(0, 1) if roomy else 0,
        collapse_padding=collapse,
        pad_edge=False,
        border_style="dim",
        header_style=header_style,
    )


def bare(*, gap: int = 2, show_header: bool = True) -> Table:
    """Begin a table without lines, with so many spaces between its columns."""
    return Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), show_header=show_header)


def fits(table: Table, console: Console, options: ConsoleOptions) -> bool:
    """Say whether a table has room for all that it would like to show."""
    wide = options.update(width=_WIDEST)
    return Measurement.get(console, wide, table).maximum <= options.max_width


def two_lines(first: str, second: str) -> Text:
    """Set a head, or the name of a row, with what explains it below."""
    return Text.assemble((first, "bold"), ("\n" + second, "dim"))


def figure_cell(figure: Figure, *, interval: bool = True, marks: Sequence[int] = ()) -> Text:
    """Set a figure with its interval below, and marks of footnotes on its left.

    There they leave the figures of a column beneath each other.
    """
    style = "red" if figure.failed else "dim" if figure.missing else ""
    text = Text.assemble(
        (superscripts(marks), "cyan"), " " if marks else "", Text(figure.text, style=style)
    )
    if interval and figure.interval:
        text.append("\n" + figure.interval, style="dim")
    return text


def prose(text: Text, width: int, *, left: int = 0, below: int = 0) -> Padding:
    """Set text no wider than is readable on a terminal of `width` columns, with lines below.

    A number and its unit stay on one line.
    """
    return Padding(_Prose(text), (0, max(0, width - READABLE), below, left))


@dataclass(frozen=True, slots=True)
class _Prose:
    """Text of which lines are broken only where that tears no number from its unit."""

    text: Text

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self.text)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        held = self.text.copy()
        held.plain = _TOGETHER.sub(_HELD, held.plain)
        for line in held.wrap(console, options.max_width):
            line.plain = line.plain.replace(_HELD, " ")
            yield line


def superscripts(numbers: Sequence[int]) -> str:
    """Write the marks of footnotes: '¹˒²'."""
    return "˒".join(str(number).translate(_SUPERSCRIPTS) for number in numbers)


def blocks(eighths: int) -> str:
    """Draw a bar that is so many eighths of a character long."""
    whole, rest = divmod(eighths, 8)
    return _FULL * whole + (_EIGHTHS[rest] if rest else "")
