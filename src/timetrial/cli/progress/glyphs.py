"""What a terminal has: its size, and the characters that its encoding can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


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
