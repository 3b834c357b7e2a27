"""The findings that somebody who sees a gate alone has to know of."""

from __future__ import annotations

from collections.abc import Iterable

from timetrial.model.finding import Finding

MOST_NAMED = 3
"""Cells; more of them are counted."""


def doubts(findings: Iterable[Finding]) -> str:
    """Name what is doubtful, and of which cells; '' where nothing is."""
    cells: dict[str, dict[str, None]] = {}
    for finding in findings:
        if finding.severity == "doubtful":
            where = f"{finding.cell.stack} in {finding.cell.benchmark}"
            cells.setdefault(finding.name, {})[where] = None
    return "; ".join(f"{name} ({_which(list(where))})" for name, where in cells.items())


def invalid(findings: Iterable[Finding]) -> str:
    """Name the findings that void figures."""
    return ", ".join(dict.fromkeys(f.name for f in findings if f.severity == "invalid"))


def _which(cells: list[str]) -> str:
    return f"{len(cells)} cells" if len(cells) > MOST_NAMED else ", ".join(cells)
