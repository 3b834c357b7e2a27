"""The servers of a race that cannot be recommended, each with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from timetrial.analysis.checks.thresholds import DISTURBING, ERRORS, PLATEAU, voided
from timetrial.model import Cell, MissingKind
from timetrial.model.summary import Missing, Row, Summary, Table


@dataclass(frozen=True, slots=True)
class Excluded:
    """A server that was measured or tried, and cannot be recommended."""

    stack: str
    why: str
    """A clause."""
    disturbed: bool = False
    """Whether only the machine's state prevented a judgement."""


def excluded_servers(
    summary: Summary, capacity: Table, latency: Sequence[Table]
) -> Iterator[Excluded]:
    for row in capacity.rows:
        name = row.stack.name
        wrong = (why for table in latency if (why := _wrong(table, name)))
        fault = next(wrong, None) or _failed(summary, name)
        doubt = _doubt(capacity, row)
        why = doubt or fault
        if isinstance(row.throughput, Missing) and why is None:
            why = row.throughput.reason
        if why is not None and not is_to_come(row):
            disturbed = not fault and is_disturbed(capacity, name)
            blameless = not doubt and _is_blameless(summary, name)
            yield Excluded(name, why, disturbed=disturbed or blameless)


def is_to_come(row: Row) -> bool:
    figure = row.throughput
    return isinstance(figure, Missing) and figure.kind is MissingKind.NOT_MEASURED_YET


def is_disturbed(table: Table, stack: str) -> bool:
    """Return whether findings on the machine alone void a stack's figures."""
    cell = Cell(table.benchmark.name, stack)
    invalid = {f.name for f in table.findings if f.cell == cell and f.severity == "invalid"}
    grave = set(filter(voided, invalid))
    return bool(grave) and grave <= DISTURBING


def _is_blameless(summary: Summary, stack: str) -> bool:
    """Whether something outside caused all failures of a stack."""
    failures = [failure for failure in summary.run.failures if failure.stack == stack]
    return bool(failures) and all(failure.blameless for failure in failures)


def _failed(summary: Summary, stack: str) -> str | None:
    """Describe a stack's last failure, with the number of failed rounds."""
    failures = [failure for failure in summary.run.failures if failure.stack == stack]
    if not failures:
        return None
    rounds, due = len({failure.round for failure in failures}), summary.run.rounds_due()
    when = "in every round" if rounds >= due else f"in {rounds} of {due} rounds"
    return f"it failed {when} ({failures[-1].phase}: {failures[-1].reason.rstrip('.')})"


def _doubt(table: Table, row: Row) -> str | None:
    """Return the gravest finding that voids a stack's figures, as a clause."""
    validity, cell = row.validity, Cell(table.benchmark.name, row.stack.name)
    findings = [finding for finding in table.findings if finding.cell == cell]
    if validity.void or validity.throughput_void:
        grave = [finding for finding in findings if finding.severity == "invalid"]
        return f"{grave[0].name} in {table.benchmark.name}: {grave[0].evidence.rstrip('.')}"
    if validity.plateau:
        stall = next(finding for finding in findings if finding.name == PLATEAU.name)
        return f"{stall.name} in {table.benchmark.name}: {stall.evidence.rstrip('.')}"
    return None


def _wrong(table: Table, stack: str) -> str | None:
    """Return the errors of a stack at a given rate, as a clause; only errors exclude it there."""
    cell = Cell(table.benchmark.name, stack)
    errors = (f for f in table.findings if f.cell == cell and f.name == ERRORS.name)
    grave = next((finding for finding in errors if finding.severity == "invalid"), None)
    if grave is None:
        return None
    return f"{grave.name} in {table.benchmark.name}: {grave.evidence.rstrip('.')}"
