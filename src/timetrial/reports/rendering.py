"""What a run says, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timetrial.reports import terminal
from timetrial.reports.race import render_race
from timetrial.reports.race_view import race_page

if TYPE_CHECKING:
    from rich.console import RenderableType

    from timetrial.model.summary import Summary


def render(summary: Summary) -> RenderableType:
    """Make everything that a run says ready to be printed by rich; of a race, its verdict."""
    page = race_page(summary)
    return terminal.render(summary) if page is None else render_race(page)
