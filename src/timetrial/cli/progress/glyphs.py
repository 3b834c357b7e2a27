"""What a terminal has: its size, and the characters that its encoding can show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.text import Text


@dataclass(frozen=True, slots=True)
class Size:
    """Of a terminal, in characters."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What bars are made of."""

    full: str
    interval: str
    middle: str
    """Where the figure is, in its interval."""
    done: str
    to_do: str
    dot: str
    """Between two parts of a line."""
    more: str
    """What was cut off."""
    range: str
    """Between the ends of an interval."""


BLOCKS: Final = Glyphs("█", "▒", "┃", "━", "─", " · ", "…", "–")
ASCII: Final = Glyphs("#", "=", "|", "=", "-", ", ", "~", "-")


def cut(line: Text, width: int, glyphs: Glyphs) -> None:
    """Shorten a line to a width; a mark says that there is more of it."""
    if line.cell_len > width:
        line.truncate(width - 1, overflow="crop")
        line.append(glyphs.more)
