"""Two runs compared, cell by cell. Pure.

All cells in one metric are one family: Holm adjusts over it, and the printed intervals hold
together by Bonferroni, as within a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from timetrial.checks.standing import Standing, standing
from timetrial.contenders import resolution
from timetrial.differences import differences, not_recorded
from timetrial.run_comparison import CellComparison, Change, RunComparison
from timetrial.stats import holm
from timetrial.stats.comparisons import LEVEL, ROUNDS_FOR_VERDICT
from timetrial.stats.two_runs import Shift, shift
from timetrial.summary import Estimate, Metric, Missing, Row, Summary, Table, Verdict
from timetrial.trial import Cell

METRICS: Sequence[Metric] = ("throughput", "p50_ns", "p99_ns", "cpu_s_per_1000", "memory_bytes")

_Cells = Mapping[Cell, tuple[Table, Row]]


def compare_runs(a: Summary, b: Summary, families: int = 1) -> RunComparison:
    """Say what differs in configuration, and what in the figures of the cells that both have.

    Intervals of a metric hold together with those of so many metrics, itself among them.
    """
    mine, theirs = _cells(a), _cells(b)
    common = [cell for cell in mine if cell in theirs]
    by_metric = {
        metric: _changes(metric, common, (a, mine), (b, theirs), families) for metric in METRICS
    }
    return RunComparison(
        a=a.run.number,
        b=b.run.number,
        created_at=(a.run.created_at, b.run.created_at),
        differences=differences(a.run, b.run),
        not_recorded=not_recorded(a.run, b.run),
        cells=tuple(
            CellComparison(cell, tuple(by_metric[metric][cell] for metric in METRICS))
            for cell in common
        ),
        only_in_a=tuple(cell for cell in mine if cell not in theirs),
        only_in_b=tuple(cell for cell in theirs if cell not in mine),
        incomplete=tuple(each.run.number for each in (a, b) if not each.complete),
    )


def _cells(summary: Summary) -> _Cells:
    """List the cells that a run has measured."""
    return {
        Cell(table.contest.name, row.stack.name): (table, row)
        for table in summary.tables
        for row in table.rows
        if row.requests
    }


def _changes(
    metric: Metric,
    cells: Sequence[Cell],
    a: tuple[Summary, _Cells],
    b: tuple[Summary, _Cells],
    families: int,
) -> dict[Cell, Change]:
    shifts: dict[Cell, Shift] = {}
    missing: dict[Cell, Missing] = {}
    for cell in cells:
        found = _shift(metric, cell, a, b)
        if isinstance(found, Shift):
            shifts[cell] = found
        else:
            missing[cell] = found
    family = [cell for cell in shifts if not _bound_by_client(metric, cell, a[1], b[1])]
    tested = [cell for cell in family if shifts[cell].rounds >= ROUNDS_FOR_VERDICT]
    p_values = holm.adjusted([shifts[cell].p for cell in tested])
    decided = dict(zip(tested, p_values, strict=True))
    confidence = 1 - LEVEL / (max(1, len(family)) * families)
    return {
        **{cell: Change(metric, why, None, "no verdict") for cell, why in missing.items()},
        **{
            cell: Change(
                metric,
                found.ratio(confidence),
                decided.get(cell),
                _verdict(found.log_ratio, decided.get(cell)),
            )
            for cell, found in shifts.items()
        },
    }


def _shift(
    metric: Metric, cell: Cell, a: tuple[Summary, _Cells], b: tuple[Summary, _Cells]
) -> Shift | Missing:
    before, after = _figure(metric, cell, a[1]), _figure(metric, cell, b[1])
    if isinstance(before, Missing):
        return Missing(f"run {a[0].run.number}: {before.reason}")
    if isinstance(after, Missing):
        return Missing(f"run {b[0].run.number}: {after.reason}")
    contest = a[1][cell][0].contest
    return shift(before, after, resolution(contest) if metric == "throughput" else 0.0)


def _figure(metric: Metric, cell: Cell, known: _Cells) -> Estimate | Missing:
    """Look up a figure, unless findings leave nothing of it."""
    row = known[cell][1]
    stands = _standing(cell, known)
    figures: Mapping[Metric, Estimate | Missing] = {
        "throughput": row.throughput,
        "p50_ns": row.p50_ns,
        "p99_ns": row.p99_ns,
        "cpu_s_per_1000": row.cpu_s_per_1000,
        "memory_bytes": row.memory_bytes,
    }
    if stands.compares(metric):
        return figures[metric]
    if metric == "throughput" and not stands.throughput_void:
        return Missing("only a lower bound is known")
    return Missing("its findings leave no figure")


def _bound_by_client(metric: Metric, cell: Cell, a: _Cells, b: _Cells) -> bool:
    """Whether both show what so many connections give, and no difference of the stacks."""
    return metric == "throughput" and all(_standing(cell, each).bound_by_client for each in (a, b))


def _standing(cell: Cell, known: _Cells) -> Standing:
    return standing(cell, known[cell][0].findings)


def _verdict(log_ratio: float, p_adjusted: float | None) -> Verdict:
    if p_adjusted is None:
        return "no verdict"
    if p_adjusted >= LEVEL:
        return "no difference detected"
    return "higher" if log_ratio > 0 else "lower"
