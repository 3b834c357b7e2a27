"""The validity of the figures of each cell, for the formats of a report that programs read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from timetrial.analysis.cell_analysis import excluded_rounds
from timetrial.analysis.checks.threshold import Figure
from timetrial.analysis.checks.thresholds import bounding, voided
from timetrial.model import Cell, Measurement, Row, Stack, Summary, Table


@dataclass(frozen=True, slots=True)
class CellValidity:
    """Which findings a cell has, and what they take from it. All are names of findings, ordered."""

    cell: Cell
    findings: tuple[str, ...]
    throughput_void_by: tuple[str, ...]
    """As the next two: where there is any, the figure is none, whatever stands in its place."""
    response_time_void_by: tuple[str, ...]
    cpu_time_void_by: tuple[str, ...]
    lower_bound_by: tuple[str, ...]
    """Where there is any, and throughput is not void, throughput is a lower bound."""

    @property
    def void_by(self) -> tuple[str, ...]:
        """List what takes any figure."""
        all_three = (self.throughput_void_by, self.response_time_void_by, self.cpu_time_void_by)
        return tuple(sorted({name for names in all_three for name in names}))


@dataclass(frozen=True, slots=True)
class MeasuredCell:
    """A stack in a benchmark, with all that was measured of it."""

    table: Table
    stack: Stack
    validity: CellValidity
    measurements: tuple[Measurement, ...]
    """In the order of rounds."""
    left_out: frozenset[int]
    """Rounds that do not count: the machine was disturbed."""

    def counted(self) -> Iterator[Measurement]:
        """Yield the measurements that figures are made from."""
        return (m for m in self.measurements if m.trial.round not in self.left_out)


def validities(summary: Summary) -> tuple[CellValidity, ...]:
    """Return the validity of the cells of all tables, in their order."""
    return tuple(_validity(table, row) for table in summary.tables for row in table.rows)


def cells(summary: Summary) -> Iterator[MeasuredCell]:
    """Yield the cells of all tables, in their order; a control has none, as it has no row."""
    measured: dict[Cell, list[Measurement]] = {}
    for measurement in summary.run.measurements:
        measured.setdefault(measurement.trial.cell, []).append(measurement)
    for table in summary.tables:
        disturbed = excluded_rounds(summary.run, table.benchmark).rounds
        for row in table.rows:
            validity = _validity(table, row)
            trials = measured.get(validity.cell, ())
            yield MeasuredCell(
                table,
                row.stack,
                validity,
                tuple(sorted(trials, key=lambda measurement: measurement.trial.round)),
                disturbed,
            )


def _validity(table: Table, row: Row) -> CellValidity:
    cell = Cell(table.benchmark.name, row.stack.name)
    findings = [finding for finding in table.findings if finding.cell == cell]
    invalid = sorted({finding.name for finding in findings if finding.severity == "invalid"})

    def takes(figure: Figure) -> tuple[str, ...]:
        return tuple(name for name in invalid if figure in voided(name))

    return CellValidity(
        cell=cell,
        findings=tuple(sorted({finding.name for finding in findings})),
        throughput_void_by=takes("throughput"),
        response_time_void_by=takes("response time"),
        cpu_time_void_by=takes("CPU time"),
        lower_bound_by=tuple(filter(bounding, invalid)) if not row.validity.throughput_void else (),
    )
