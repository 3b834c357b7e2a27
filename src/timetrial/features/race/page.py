"""The race on the page of a run: its section, its verdict, and what is drawn."""

from __future__ import annotations

from timetrial.features.race.answer import headline_of
from timetrial.features.race.view import race_page
from timetrial.model import Summary
from timetrial.reports.additions import PageSection
from timetrial.reports.page_data import points


def race_section(summary: Summary) -> PageSection:
    """Make the section, and what is drawn in it: response times are those at the first rate."""
    race_info, shown = summary.run.plan.suite.race_info, race_page(summary)
    if race_info is None or shown is None:
        return PageSection(None, None)
    tables = {table.benchmark.name: table for table in summary.tables}
    latency = next((tables[name] for name in race_info.latency if name in tables), None)
    drawn = {"points": list(points(tables[race_info.capacity], latency))}
    return PageSection(shown, drawn, headline_of(shown))
