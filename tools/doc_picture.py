"""Draws what a terminal shows, as an SVG image."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console
from rich.text import Text

_TITLE = "timetrial"


def draw(printed: str, columns: int, file: Path) -> None:
    """Draw a text with its colours, as wide as the terminal."""
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(printed), soft_wrap=True)
    # A fixed id, so that the same text gives the same file.
    file.write_text(console.export_svg(title=_TITLE, unique_id="terminal"), "utf-8")
