"""What a run says, for people and for programs: terminal, one HTML page, prose, JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timetrial.reports import terminal
from timetrial.reports.html import as_html, write_report
from timetrial.reports.json import as_json
from timetrial.reports.race import render_race
from timetrial.reports.race_view import race_page
from timetrial.reports.words import paragraph

if TYPE_CHECKING:
    from rich.console import RenderableType

    from timetrial.summary import Summary

__all__ = ["as_html", "as_json", "paragraph", "render", "write_report"]


def render(summary: Summary) -> RenderableType:
    """Make everything that a run says ready to be printed by rich; of a race, its verdict."""
    page = race_page(summary)
    return terminal.render(summary) if page is None else render_race(page)
