"""Draws what a terminal shows, as an SVG image, and what a browser shows of a page."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from rich.console import Console
from rich.text import Text

_TITLE = "timetrial"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FIRST_SCREEN = (1440, 900)


def draw(printed: str, columns: int, file: Path) -> None:
    """Draw a text with its colours, as wide as the terminal."""
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(printed), soft_wrap=True)
    # A fixed id, so that the same text gives the same file.
    file.write_text(console.export_svg(title=_TITLE, unique_id="terminal"), "utf-8")


def draw_page(page: Path, file: Path) -> None:
    """Draw the first screen of a page, in light colours."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - few pictures need it

    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    width, height = _FIRST_SCREEN
    with sync_playwright() as playwright:
        # As root Chromium starts only so.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        shown.goto(page.absolute().as_uri())
        shown.screenshot(path=file)
        browser.close()
