"""From a run to everything that reports say. Pure; a run that is incomplete gives what it has."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from timetrial.analysis import checks
from timetrial.analysis.cell_analysis import (
    CellAnalysis,
    cell_analyses,
    comparisons_of,
    control_of,
    excluded_rounds,
    letters_of,
)
from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.generator_saturated import cpu_share
from timetrial.analysis.checks.validity import judged
from timetrial.analysis.latency_breakdown import parts
from timetrial.model.measurement import Failure
from timetrial.model.metrics import METRICS, Metric
from timetrial.model.missing import NOT_MEASURED_YET, Missing, MissingKind
from timetrial.model.run import Run
from timetrial.model.suite import Benchmark
from timetrial.model.summary import UNJUDGED, Row, Summary, Table
from timetrial.model.trial import Cell


def summarize(run: Run) -> Summary:
    """Estimate, compare and doubt all that a run has measured so far."""
    tables = tuple(_table(run, benchmark) for benchmark in run.plan.suite.benchmarks)
    return Summary(run, tables, complete=not run.pending())


def _table(run: Run, benchmark: Benchmark) -> Table:
    stacks = cell_analyses(run, benchmark)
    control = control_of(run, benchmark, stacks)
    comparisons = comparisons_of(run, benchmark, stacks, control)
    letters = letters_of(stacks, comparisons)
    failures = tuple(
        failure
        for failure in run.failures
        if any(failure.concerns(Cell(benchmark.name, name)) for name in benchmark.stacks)
    )
    context = BenchmarkContext(
        tuple(each.context for each in stacks),
        {each.stack: each for each in run.facts},
        comparisons,
        excluded_rounds(run, benchmark),
    )
    table = Table(
        benchmark,
        tuple(_row(run, each, _own(letters, each.stack), failures) for each in stacks),
        comparisons,
        (
            *itertools.chain.from_iterable(each.findings for each in stacks),
            *checks.find_in_table(context),
        ),
        failures,
        control,
    )
    return judged(table)


def _own(letters: Mapping[Metric, Mapping[str, str]], stack: str) -> Mapping[Metric, str]:
    return {metric: given[stack] for metric, given in letters.items() if stack in given}


def _row(
    run: Run, analysed: CellAnalysis, letters: Mapping[Metric, str], failures: Sequence[Failure]
) -> Row:
    context = analysed.context
    counts = [window.counts for window in context.windows()]
    nothing = None if context.measurements else _why_nothing(context.cell, failures)
    return Row(
        stack=run.plan.suite.stack(analysed.stack),
        **{metric: nothing or analysed.figure(metric) for metric in METRICS},
        generator_cpu_share=cpu_share(context),
        requests=sum(count.arrivals for count in counts),
        failed=sum(count.failed for count in counts),
        ties=letters.get("throughput", ""),
        parts=parts(context),
        letters=letters,
        validity=UNJUDGED,
    )


def _why_nothing(cell: Cell, failures: Sequence[Failure]) -> Missing:
    for failure in failures:
        if failure.concerns(cell):
            return Missing(MissingKind.FAILED, phase=failure.phase, detail=failure.reason)
    return NOT_MEASURED_YET
