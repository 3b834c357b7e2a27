"""What a run says, for people and for programs: terminal, one HTML page, prose, JSON."""

from __future__ import annotations

from timetrial.reports.html import as_html, write_report
from timetrial.reports.json import as_json
from timetrial.reports.terminal import render
from timetrial.reports.words import paragraph

__all__ = ["as_html", "as_json", "paragraph", "render", "write_report"]
