"""From a run to the summary of all reports. Pure; an incomplete run gives a partial summary."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from timetrial._engine import Histogram
from timetrial.analysis import checks
from timetrial.analysis.cell_analysis import (
    CellAnalysis,
    cell_analyses,
    comparisons_of,
    control_of,
    excluded_rounds,
    first_comparisons_of,
    letters_of,
    speed_adjustments,
)
from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.connections import reconnects
from timetrial.analysis.checks.generator import cpu_share
from timetrial.analysis.checks.validity import judged
from timetrial.analysis.statistics import quantile
from timetrial.analysis.statistics.estimates import held_of
from timetrial.model import (
    METRICS,
    NOT_MEASURED_YET,
    Benchmark,
    Cell,
    Counts,
    Failure,
    Metric,
    MissingKind,
    Run,
    WindowStreams,
)
from timetrial.model.summary import UNJUDGED, Estimate, Missing, Part, PartKind, Row, Summary, Table


def summarize(run: Run) -> Summary:
    """Estimate, compare and check all measurements of a run so far."""
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
        tuple(analysed.context for analysed in stacks),
        {facts.stack: facts for facts in run.facts},
        comparisons,
        excluded_rounds(run, benchmark),
    )
    table = Table(
        benchmark,
        tuple(_row(run, analysed, letters, failures) for analysed in stacks),
        comparisons,
        (
            *itertools.chain.from_iterable(analysed.findings for analysed in stacks),
            *checks.find_in_table(context),
        ),
        failures,
        control,
        first_comparisons_of(run, benchmark, stacks, control),
        speed_adjustments(run, benchmark, stacks),
    )
    return judged(table)


def _row(
    run: Run,
    analysed: CellAnalysis,
    letters_by_metric: Mapping[Metric, Mapping[str, str]],
    failures: Sequence[Failure],
) -> Row:
    context, stack = analysed.context, analysed.stack
    letters = {m: by_stack[stack] for m, by_stack in letters_by_metric.items() if stack in by_stack}
    counts = [window.counts for window in context.windows()]
    missing = None if context.measurements else _why_missing(context.cell, failures)
    return Row(
        stack=run.plan.suite.stack(stack),
        **{metric: missing or analysed.figure(metric) for metric in METRICS},
        generator_cpu_share=cpu_share(context),
        dropped_after_round=run.dropped_after().get(context.cell),
        requests=sum(count.arrivals for count in counts),
        failed=sum(count.failed for count in counts),
        closed_by_server=sum(held.ended_by_server for held in held_of(context.measurements)),
        ties=letters.get("throughput", ""),
        parts=parts(context),
        letters=letters,
        validity=UNJUDGED,
    )


def _why_missing(cell: Cell, failures: Sequence[Failure]) -> Missing:
    for failure in failures:
        if failure.concerns(cell):
            return Missing(MissingKind.FAILED, phase=failure.phase, detail=failure.reason)
    return NOT_MEASURED_YET


_Quantile = Callable[[float], Estimate | Missing]


def parts(context: CellContext) -> tuple[Part, ...]:
    """List the parts of latency where they add to the figures: steps, iteration, connecting."""
    return (*_steps(context), *_iteration(context), *_connecting(context), *_streams(context))


def _steps(context: CellContext) -> Iterator[Part]:
    windows = list(context.windows())
    if not windows or not all(window.steps for window in windows):
        return
    workload = context.benchmark.workload
    requests = workload.distinct()
    names = _distinct([workload.steps[places[0]].label for places in requests])
    for places, name in zip(requests, names, strict=True):
        results = [window.steps[place] for window in windows for place in places]
        times = quantile.decoded(result.response_time for result in results)
        at = partial(quantile.step_response_time, context.measurements, places)
        yield _part("step", name, at, times, [result.counts for result in results])


def _distinct(labels: Sequence[str]) -> Iterator[str]:
    """Number equal labels: a client may request one path twice."""
    for place, label in enumerate(labels):
        number = labels[: place + 1].count(label)
        yield f"{label} (no. {number})" if labels.count(label) > 1 else label


def _iteration(context: CellContext) -> Iterator[Part]:
    times = quantile.decoded(window.iteration_time for window in context.windows())
    if times.count:
        at = partial(quantile.iteration_time, context.measurements)
        done = Counts(arrivals=times.count, ok=times.count)
        yield _part("iteration", "iteration", at, times, [done])


def _connecting(context: CellContext) -> Iterator[Part]:
    """Return the connect time where many requests, or whole trials, began with connecting."""
    times = quantile.decoded(window.connect_time for window in context.windows())
    if times.count and (context.benchmark.mode == "whole" or reconnects(context)):
        at = partial(quantile.connect_time, context.measurements)
        done = Counts(arrivals=times.count, ok=times.count)
        yield _part("connect", "connect", at, times, [done])


def _streams(context: CellContext) -> Iterator[Part]:
    """Return the times of streams, from the moment at which each was due, and between events."""
    windows = [window.streams for window in context.windows() if window.streams is not None]
    for kind, histogram in _STREAM_TIMES.items():
        times = quantile.decoded(map(histogram, windows))
        if times.count:
            at = partial(quantile.stream_time, context.measurements, histogram)
            done = Counts(arrivals=times.count, ok=times.count)
            yield _part(kind, _STREAM_PARTS[kind], at, times, [done])


_STREAM_TIMES: Mapping[PartKind, Callable[[WindowStreams], str]] = {
    "head": lambda streams: streams.head_time,
    "first byte": lambda streams: streams.first_byte_time,
    "first event": lambda streams: streams.first_event_time,
    "gap": lambda streams: streams.gap,
}
_STREAM_PARTS: Mapping[PartKind, str] = {
    "head": "to the head",
    "first byte": "to the first byte",
    "first event": "to the first event",
    "gap": "between events",
}


def _part(
    kind: PartKind,
    name: str,
    at: _Quantile,
    times: Histogram,
    counts: Sequence[Counts],
) -> Part:
    return Part(
        kind=kind,
        name=name,
        p50_ns=at(0.50),
        p90_ns=at(0.90),
        p99_ns=at(0.99),
        max_ns=times.max_ns if times.count else None,
        count=sum(count.arrivals for count in counts),
        failed=sum(count.failed for count in counts),
    )
