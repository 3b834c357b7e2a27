"""Whether a stack did not do its work at all: that is worse than any figure."""

from __future__ import annotations

from collections.abc import Iterable

from timetrial.analysis.cell_analysis import CellAnalysis
from timetrial.analysis.checks.thresholds import ERRORS
from timetrial.model.finding import Finding
from timetrial.model.run import Run
from timetrial.model.summary import Summary
from timetrial.model.trial import Cell

BROKEN = "it fails where the old one does not"


def is_broken(run: Run, analysed: CellAnalysis) -> bool:
    """Say whether more of its responses failed than a figure bears, or it never got that far."""
    cell = analysed.context.cell
    return _errs(cell, analysed.findings) or (
        not analysed.context.measurements and _failed(run, cell)
    )


def is_broken_in(summary: Summary, cell: Cell) -> bool:
    """Say the same of a cell of a run that is summed up; a cell that it never had is not broken."""
    table = next(
        (
            known_table
            for known_table in summary.tables
            if known_table.benchmark.name == cell.benchmark
        ),
        None,
    )
    if table is None:
        return False
    measured = any(row.requests for row in table.rows if row.stack.name == cell.stack)
    return _errs(cell, table.findings) or (not measured and _failed(summary.run, cell))


def _errs(cell: Cell, findings: Iterable[Finding]) -> bool:
    return any(
        finding.cell == cell and finding.name == ERRORS.name and finding.severity == "invalid"
        for finding in findings
    )


def _failed(run: Run, cell: Cell) -> bool:
    return any(failure.concerns(cell) for failure in run.undeclared_failures())
