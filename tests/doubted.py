"""Summaries with findings that no check has made."""

from __future__ import annotations

import dataclasses

from timetrial.analysis.checks.validity import judged
from timetrial.model.finding import Finding
from timetrial.model.summary import Summary


def with_findings(summary: Summary, *findings: Finding) -> Summary:
    """Let each finding stand in its own benchmark's table, besides those that are there."""
    return dataclasses.replace(
        summary,
        tables=tuple(
            judged(
                dataclasses.replace(
                    table,
                    findings=(
                        *table.findings,
                        *(each for each in findings if each.cell.benchmark == table.benchmark.name),
                    ),
                )
            )
            for table in summary.tables
        ),
    )
