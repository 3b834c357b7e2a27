"""Which of a cell's figures its findings leave valid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from timetrial.analysis.checks import closed_loop_ceiling
from timetrial.analysis.checks.threshold import ALL
from timetrial.analysis.checks.thresholds import PLATEAU, bounding, comparing, voided
from timetrial.model import Cell, Finding, Table, Validity


def validity_of(cell: Cell, findings: Iterable[Finding]) -> Validity:
    severity = {finding.name: finding.severity for finding in findings if finding.cell == cell}
    invalid = {name for name, how in severity.items() if how == "invalid"}
    lost = {figure for name in invalid for figure in voided(name)}
    return Validity(
        void=lost == set(ALL),
        lower_bound=any(map(bounding, invalid)),
        bound_by_client=closed_loop_ceiling.NAME in severity,
        plateau=PLATEAU.name in severity,
        throughput_void="throughput" in lost,
        response_time_void="response time" in lost,
        cpu_time_void="CPU time" in lost,
        throughput_compares=all(map(comparing, invalid)),
    )


def judged(table: Table) -> Table:
    """Set the validity of each row from the table's findings."""
    rows = (
        replace(
            row, validity=validity_of(Cell(table.benchmark.name, row.stack.name), table.findings)
        )
        for row in table.rows
    )
    return replace(table, rows=tuple(rows))
