"""The status of a published row in a run of ours, with its evidence."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from timetrial.analysis.checks import closed_loop_ceiling, connections
from timetrial.analysis.checks.thresholds import bounding
from timetrial.analysis.checks.validity import validity_of
from timetrial.features.published.our_results import NOT_IN_THE_RUN, find_row
from timetrial.model import (
    ENGINE,
    Benchmark,
    Cell,
    Failure,
    Finding,
    Measurement,
    MissingKind,
    OpenLoad,
    Phase,
    Stack,
)
from timetrial.model.summary import Estimate, Missing, Row, Summary, Table, Validity

Status = Literal["measured", "doubtful", "bound", "failed", "not reached", "not in this run"]
STATUSES: tuple[Status, ...] = (
    "measured", "doubtful", "bound", "failed", "not reached", "not in this run",
)  # fmt: skip
FAILED_ROUNDS = "failed-in-some-rounds"
UNSEEN_CONNECTIONS = "connections-not-seen"
ENDED_BEFORE = "the run ended before it was measured"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure of a cell; the same one in several rounds is listed once."""

    phase: Phase
    reason: str
    rounds: tuple[int, ...]
    log_tail: str
    """The last lines of the server's log, the last time; '' where none were kept."""


@dataclass(frozen=True, slots=True)
class CellStatus:
    """The status of one cell, and its figures."""

    status: Status
    why: str
    """A clause; '' where it was measured without a finding."""
    throughput: Estimate | Missing
    """Correct responses a second; a lower bound where `is_least`."""
    is_least: bool
    p50_ns: Estimate | Missing
    findings: tuple[Finding, ...]
    troubles: tuple[Trouble, ...]
    reached: Reached | None
    """None where nothing was measured."""
    command: str
    """A shell command that measures this cell again; '' where the run does not have it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence that decides a status."""

    rounds: tuple[int, ...]
    """That were measured."""
    throughput: Estimate | Missing
    reached: Reached | None
    findings: tuple[Finding, ...]
    validity: Validity
    troubles: tuple[Trouble, ...]
    outside: int = 0
    """Correct responses that came before windows opened or after they closed."""


def decide(evidence: Evidence | None) -> tuple[Status, str]:
    """Choose the status of a row, the gravest that applies, with its reason as a clause.

    In order: failed for another reason than too few connections, lacking connections or workers,
    doubtful, bound. A bound with a doubtful finding is doubtful.
    """
    if evidence is None:
        return "not in this run", NOT_IN_THE_RUN.reason
    if not evidence.rounds:
        if not evidence.troubles:
            return "not in this run", ENDED_BEFORE
        first = evidence.troubles[0]
        return "failed", f"{first.phase}: {first.reason}"
    return _of_measurements(evidence)


def cell_status(summary: Summary, cell: Cell) -> CellStatus:
    """Look a cell up in a run and decide its status."""
    place = find_row(summary, cell)
    if place is None:
        return absent()
    table, row = place
    evidence = _evidence(summary, cell, table, row)
    status, why = decide(evidence)
    uncounted = Missing(MissingKind.DOES_NOT_COUNT, detail=why)
    is_least = evidence.validity.lower_bound or evidence.validity.bound_by_client
    counts = status in {"measured", "doubtful", "bound"}
    return CellStatus(
        status=status,
        why=why,
        throughput=evidence.throughput if counts else uncounted,
        is_least=counts and is_least,
        p50_ns=_p50(row, evidence) if counts else uncounted,
        findings=evidence.findings,
        troubles=(*evidence.troubles, *_trouble_of_figures(evidence, status, why)),
        reached=evidence.reached,
        command=command(summary, cell),
    )


def command(summary: Summary, cell: Cell) -> str:
    """Write the command that measures a cell of a run again, in one round."""
    suite = summary.run.plan.suite
    benchmark = suite.benchmark(cell.benchmark)
    words = ["timetrial", "run", suite.name]
    if suite.profile != "fair":
        words += ["--profile", suite.profile]
    words += ["--servers", cell.stack, "--benchmarks", benchmark.base_name, "--rounds", "1"]
    if benchmark.driver != ENGINE:
        words += ["--driver", benchmark.driver]
    return shlex.join(words)


def absent() -> CellStatus:
    status, why = decide(None)
    return CellStatus(
        status=status,
        why=why,
        throughput=NOT_IN_THE_RUN,
        is_least=False,
        p50_ns=NOT_IN_THE_RUN,
        findings=(),
        troubles=(),
        reached=None,
        command="",
    )


def _of_measurements(evidence: Evidence) -> tuple[Status, str]:
    if why := _why_void(evidence):
        return "failed", why
    if evidence.reached is not None and evidence.reached.shortfall:
        return "not reached", evidence.reached.shortfall
    if doubts := _doubts(evidence):
        return "doubtful", ", ".join(dict.fromkeys(doubts))
    if evidence.validity.lower_bound or evidence.validity.bound_by_client:
        return "bound", ", ".join(dict.fromkeys(_bounding(evidence)))
    return "measured", ""


def _evidence(summary: Summary, cell: Cell, table: Table, row: Row) -> Evidence:
    measurements = [m for m in summary.run.measurements if m.trial.cell == cell]
    findings = tuple(finding for finding in table.findings if finding.cell == cell)
    return Evidence(
        rounds=tuple(sorted(m.trial.round for m in measurements)),
        throughput=row.throughput,
        reached=reached(table.benchmark, row.stack, measurements) if measurements else None,
        findings=findings,
        validity=row.validity,
        troubles=_troubles([f for f in table.failures if f.concerns(cell)]),
        outside=sum(w.completions_overall - w.completions for m in measurements for w in m.windows),
    )


def _troubles(failures: Sequence[Failure]) -> tuple[Trouble, ...]:
    alike: dict[tuple[Phase, str], list[Failure]] = {}
    for failure in failures:
        alike.setdefault((failure.phase, failure.reason), []).append(failure)
    return tuple(
        Trouble(phase, reason, tuple(sorted({f.round for f in same})), same[-1].log_tail)
        for (phase, reason), same in alike.items()
    )


def _trouble_of_figures(evidence: Evidence, status: Status, why: str) -> tuple[Trouble, ...]:
    """List the failure of a cell that was measured to the end, but with void figures."""
    if status != "failed" or not evidence.rounds:
        return ()
    return (Trouble("measure", why, evidence.rounds, ""),)


def _why_void(evidence: Evidence) -> str:
    if isinstance(evidence.throughput, Missing):
        came = f", {evidence.outside:,} came outside of them" if evidence.outside else ""
        return f"{evidence.throughput.reason}{came}"
    for finding in evidence.findings:
        alone = validity_of(finding.cell, [finding])
        if alone.throughput_void and finding.name != connections.NAME:
            return f"{finding.name}: {finding.evidence}"
    return ""


def _p50(row: Row, evidence: Evidence) -> Estimate | Missing:
    for finding in evidence.findings:
        if validity_of(finding.cell, [finding]).response_time_void:
            return Missing(
                MissingKind.VOID_BY_FINDING, finding=finding.name, detail=finding.evidence
            )
    return row.p50_ns


def _doubts(evidence: Evidence) -> list[str]:
    names = [
        f.name
        for f in evidence.findings
        if f.severity == "doubtful" or (f.severity == "invalid" and not bounding(f.name))
    ]
    if evidence.reached is not None and evidence.reached.unseen:
        names.append(UNSEEN_CONNECTIONS)
    if evidence.troubles:
        names.append(FAILED_ROUNDS)
    return names


def _bounding(evidence: Evidence) -> list[str]:
    names = [f.name for f in evidence.findings if f.severity == "invalid"]
    return names or [f.name for f in evidence.findings if f.name == closed_loop_ceiling.NAME]


@dataclass(frozen=True, slots=True)
class Reached:
    """The requested connections and workers, and the fewest in any window."""

    connections: int | None
    """Requested; None for an open load, which opens connections as needed."""
    connections_least: int | None
    """The fewest at once, at a window's best moment; None where the driver does not count."""
    workers: int
    """Processes that were to serve."""
    processes_least: int
    """The fewest in the server's process tree, before or after any benchmark: workers, and with
    many servers a master or helpers."""

    @property
    def shortfall(self) -> str:
        """Say in a clause what was not reached; '' if nothing is known to be missing."""
        parts = []
        requested, least = self.connections, self.connections_least
        if requested is not None and least is not None and least < requested:
            parts.append(f"{least:,} of {requested:,} connections")
        if self.processes_least < self.workers:
            parts.append(f"{self.processes_least} of {self.workers} worker processes")
        return f"{' and '.join(parts)} at worst" if parts else ""

    @property
    def unseen(self) -> bool:
        """Say whether connections were requested, and not counted."""
        return self.connections is not None and self.connections_least is None


def reached(benchmark: Benchmark, stack: Stack, measurements: Sequence[Measurement]) -> Reached:
    """Find the fewest over all windows of a cell, which has at least one measurement."""
    windows = [window for measurement in measurements for window in measurement.windows]
    counted = [w.connections_reached for w in windows if w.connections_reached is not None]
    return Reached(
        connections=None if isinstance(benchmark.load, OpenLoad) else benchmark.load.connections,
        connections_least=min(counted) if counted and len(counted) == len(windows) else None,
        workers=stack.workers,
        processes_least=min(
            len(tree) for m in measurements for tree in (m.processes_before, m.processes_after)
        ),
    )
