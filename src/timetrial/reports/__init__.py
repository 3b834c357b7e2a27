"""Reports of a run, for people and for programs: terminal, HTML page, text, JSON and other formats.

A format is imported when it is used: a table in a terminal does not wait for the page. Figures are
computed in `analysis`; what a single feature shows is in its slice. Start with
`table_view`.
"""

from __future__ import annotations

from importlib import import_module

from timetrial.reports.html import as_html, write_report
from timetrial.reports.json import as_json, comparison_as_json
from timetrial.reports.summary_text import paragraph
from timetrial.reports.terminal import render

__all__ = ["as_html", "as_json", "comparison_as_json", "paragraph", "render", "write_report"]

_HOMES = {
    "as_html": "html",
    "as_json": "json",
    "comparison_as_json": "json",
    "paragraph": "summary_text",
    "render": "terminal",
    "write_report": "html",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
