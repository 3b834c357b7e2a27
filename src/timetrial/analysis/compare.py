"""Two runs compared, cell by cell. Pure.

All cells in one metric are one family: the printed intervals are simultaneous by Bonferroni, and
decide.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from timetrial.analysis import checks
from timetrial.analysis.cell_analysis import (
    cell_analyses,
    excluded_rounds,
    resolution,
)
from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.validity import validity_of
from timetrial.analysis.config_diff import differences, not_recorded
from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT, excludes_one
from timetrial.analysis.statistics.measured import LEVEL
from timetrial.analysis.statistics.two_runs import Shift, shift
from timetrial.model import (
    COMPARED,
    Benchmark,
    Cell,
    CellComparison,
    Change,
    ComparedMetric,
    MissingKind,
    Run,
    RunComparison,
)
from timetrial.model.summary import Estimate, Missing, Summary, Validity, Verdict, figure_of

_Figure = Estimate | Missing


@dataclass(frozen=True, slots=True)
class _MeasuredCell:
    """A cell with measurements in a run."""

    benchmark: Benchmark
    validity: Validity
    figure: Callable[[ComparedMetric], _Figure]


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two runs."""

    run: Run
    complete: bool
    cells: Mapping[Cell, _MeasuredCell]


def compare_runs(a: Summary, b: Summary, families: int = 1) -> RunComparison:
    """Compare the configurations, and the figures of common cells.

    Intervals of a metric are simultaneous over `families` families, itself among them.
    """
    return _compared(_summarized(a), _summarized(b), families)


def compare_figures(a: Run, b: Run) -> RunComparison:
    """Compare runs without a summary: the pairs of stacks within each run are not compared."""
    return _compared(_estimated(a), _estimated(b), families=1)


def _summarized(summary: Summary) -> _Side:
    cells = {
        Cell(table.benchmark.name, row.stack.name): _MeasuredCell(
            table.benchmark, row.validity, partial(figure_of, row)
        )
        for table in summary.tables
        for row in table.rows
        if row.requests
    }
    return _Side(summary.run, summary.complete, cells)


def _estimated(run: Run) -> _Side:
    cells = itertools.chain.from_iterable(
        _estimated_cells(run, benchmark) for benchmark in run.plan.suite.benchmarks
    )
    return _Side(run, not run.pending(), dict(cells))


def _estimated_cells(run: Run, benchmark: Benchmark) -> Sequence[tuple[Cell, _MeasuredCell]]:
    stacks = cell_analyses(run, benchmark)
    # Findings on a table's comparisons void no figure, so that the comparisons are not needed.
    context = BenchmarkContext(
        tuple(analysed.context for analysed in stacks),
        {facts.stack: facts for facts in run.facts},
        excluded_rounds=excluded_rounds(run, benchmark),
    )
    in_table = checks.find_in_table(context)
    return [
        (
            analysed.context.cell,
            _MeasuredCell(
                benchmark,
                validity_of(analysed.context.cell, (*analysed.findings, *in_table)),
                analysed.figure,
            ),
        )
        for analysed in stacks
        if any(window.counts.arrivals for window in analysed.context.windows())
    ]


def _compared(a: _Side, b: _Side, families: int) -> RunComparison:
    common = [cell for cell in a.cells if cell in b.cells]
    by_metric = {metric: _changes(metric, common, a, b, families) for metric in COMPARED}
    return RunComparison(
        a=a.run.number,
        b=b.run.number,
        created_at=(a.run.created_at, b.run.created_at),
        differences=differences(a.run, b.run),
        not_recorded=not_recorded(a.run, b.run),
        cells=tuple(
            CellComparison(cell, tuple(by_metric[metric][cell] for metric in COMPARED))
            for cell in common
        ),
        only_in_a=tuple(cell for cell in a.cells if cell not in b.cells),
        only_in_b=tuple(cell for cell in b.cells if cell not in a.cells),
        incomplete=tuple(side.run.number for side in (a, b) if not side.complete),
    )


def _changes(
    metric: ComparedMetric, cells: Sequence[Cell], a: _Side, b: _Side, families: int
) -> dict[Cell, Change]:
    shifts: dict[Cell, Shift] = {}
    missing: dict[Cell, Missing] = {}
    for cell in cells:
        outcome = _shift(metric, cell, a, b)
        if isinstance(outcome, Shift):
            shifts[cell] = outcome
        else:
            missing[cell] = outcome
    family = [cell for cell in shifts if not _bound_by_client(metric, cell, a, b)]
    tests = max(1, len(family)) * families
    return {
        **{cell: Change(metric, why, None, "no verdict") for cell, why in missing.items()},
        **{
            cell: _change(metric, shift_, tests, judged=cell in family)
            for cell, shift_ in shifts.items()
        },
    }


def _change(metric: ComparedMetric, of: Shift, tests: int, *, judged: bool) -> Change:
    ratio = of.ratio(1 - LEVEL / tests)
    if not judged or of.rounds < ROUNDS_FOR_VERDICT:
        return Change(metric, ratio, None, "no verdict")
    return Change(metric, ratio, min(1.0, tests * of.p), _verdict(ratio))


def _verdict(ratio: Estimate) -> Verdict:
    if not excludes_one(ratio):
        return "no difference detected"
    return "higher" if ratio.value > 1 else "lower"


def _shift(metric: ComparedMetric, cell: Cell, a: _Side, b: _Side) -> Shift | Missing:
    before, after = _figure(metric, a.cells[cell]), _figure(metric, b.cells[cell])
    if isinstance(before, Missing):
        return replace(before, run=a.run.number)
    if isinstance(after, Missing):
        return replace(after, run=b.run.number)
    benchmark = a.cells[cell].benchmark
    return shift(before, after, resolution(benchmark) if metric == "throughput" else 0.0)


def _figure(metric: ComparedMetric, cell: _MeasuredCell) -> _Figure:
    """Look up a figure, unless findings void it."""
    if cell.validity.compares(metric):
        return cell.figure(metric)
    if metric == "throughput" and not cell.validity.throughput_void:
        return Missing(MissingKind.LOWER_BOUND)
    return Missing(MissingKind.VOID)


def _bound_by_client(metric: ComparedMetric, cell: Cell, a: _Side, b: _Side) -> bool:
    """Return whether the load's connections limit both throughputs."""
    return metric == "throughput" and all(
        side.cells[cell].validity.bound_by_client for side in (a, b)
    )
