"""The stacks of a benchmark: figures, findings and comparisons. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property

from timetrial.analysis import checks
from timetrial.analysis.beside_cells import ceiling_per_s, partners, unqueued
from timetrial.analysis.checks import duet_split
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.round_exclusion import ExcludedRounds, exclude_rounds
from timetrial.analysis.checks.validity import validity_of
from timetrial.analysis.round_levels import Logs, levels_beside, log_figures
from timetrial.analysis.statistics import compact_letters, estimates, quantile
from timetrial.analysis.statistics.comparisons import compare, compare_with_best, is_significant
from timetrial.analysis.statistics.control import suppress_by_control
from timetrial.analysis.statistics.design import design_of
from timetrial.analysis.statistics.measured import Measured, Procedure, speed_adjustment
from timetrial.analysis.statistics.pairs import ResponseTimes, Rounds, response_times
from timetrial.model import (
    COMPARED,
    METRICS,
    NOT_MEASURED,
    QUANTILES,
    Benchmark,
    Cell,
    ComparedMetric,
    Finding,
    IdleConnections,
    Measurement,
    Metric,
    PairedMetric,
    Run,
    SpeedAdjustment,
)
from timetrial.model.summary import Comparison, Estimate, Missing, Table, Validity

_SHOWN = (0.50, 0.90, 0.99)
_OF_IDLE: frozenset[Metric] = frozenset({"connections_held", "connection_bytes"})
"""The figures of idle connections."""
_OF_ROUNDS: Mapping[Metric, Callable[[Sequence[Measurement]], Estimate | Missing]] = {
    "throughput": estimates.throughput,
    "cpu_s_per_1000": estimates.cpu_s_per_1000,
    "memory_bytes": estimates.memory_bytes,
    "connections_held": estimates.connections_held,
    "connection_bytes": estimates.connection_bytes,
    "events_per_s": estimates.events_per_s,
    "first_event_ns": quantile.first_event_time,
    "gap_ns": quantile.gap,
}
_QUANTILE: Mapping[Metric, float] = {"p50_ns": 0.50, "p90_ns": 0.90, "p99_ns": 0.99}


class CellAnalysis:
    """One stack of a benchmark; its figures are computed on request."""

    def __init__(self, context: CellContext) -> None:
        self.context = context
        self.findings: tuple[Finding, ...] = checks.find(context)
        self.validity: Validity = validity_of(context.cell, self.findings)
        self._figures: dict[Metric, Estimate | Missing] = {}

    @property
    def stack(self) -> str:
        return self.context.stack

    @property
    def is_idle(self) -> bool:
        """Whether connections were held, so that no work was measured."""
        return isinstance(self.context.benchmark.load, IdleConnections)

    @cached_property
    def rounds(self) -> Rounds:
        return {m.trial.round: m for m in self.context.measurements}

    @cached_property
    def response_times(self) -> ResponseTimes:
        return response_times(self.rounds)

    def figure(self, metric: Metric) -> Estimate | Missing:
        if metric not in self._figures:
            self._figures[metric] = self._estimate(metric)
        return self._figures[metric]

    def quantile(self, q: float) -> Estimate | Missing:
        """Estimate a shown quantile `q` (0 to 1) of response time in ns."""
        return self._quantiles[q]

    @cached_property
    def _quantiles(self) -> Mapping[float, Estimate | Missing]:
        counts = [window.counts for window in self.context.windows()]
        return quantile.of_rounds_at(_SHOWN, list(self.response_times.rounds.values()), counts)

    def _estimate(self, metric: Metric) -> Estimate | Missing:
        if self.is_idle and metric not in _OF_IDLE:
            return NOT_MEASURED
        if (of_rounds := _OF_ROUNDS.get(metric)) is not None:
            return of_rounds(self.context.measurements)
        return self.quantile(_QUANTILE[metric])

    def takes_part(self, metric: ComparedMetric) -> bool:
        """Return whether its figure may be compared with those of other stacks."""
        return isinstance(self.figure(metric), Estimate) and self.validity.compares(metric)


def cell_analyses(run: Run, benchmark: Benchmark) -> tuple[CellAnalysis, ...]:
    """Analyse every stack but the control: by throughput, highest first; then those without.

    Rounds with a disturbed machine are excluded for all stacks alike.
    """
    controls = _controls(run)
    disturbed = excluded_rounds(run, benchmark).rounds
    logs = log_figures(run, benchmark, disturbed)
    names = [name for name in benchmark.stacks if name not in controls]
    return tuple(
        sorted(
            (_analysed(run, benchmark, name, disturbed, logs) for name in names), key=_table_order
        )
    )


def control_of(
    run: Run,
    benchmark: Benchmark,
    stacks: Sequence[CellAnalysis],
    metrics: Sequence[ComparedMetric] = COMPARED,
) -> tuple[Comparison, ...]:
    """Compare each A/A control with its stack; each such pair is a separate family."""
    by_name = {analysed.stack: analysed for analysed in stacks}
    controls = {
        control: stack
        for control, stack in _controls(run).items()
        if control in benchmark.stacks and stack in by_name
    }
    disturbed = excluded_rounds(run, benchmark).rounds if controls else frozenset[int]()
    logs = log_figures(run, benchmark, disturbed) if controls else {}
    pairs = (
        (_analysed(run, benchmark, control, disturbed, logs), by_name[stack])
        for control, stack in controls.items()
    )
    return tuple(c for pair in pairs for c in _compared(run, benchmark, pair, metrics))


def comparisons_of(  # noqa: PLR0913 - the last two have defaults
    run: Run,
    benchmark: Benchmark,
    stacks: Sequence[CellAnalysis],
    control: Sequence[Comparison],
    metrics: Sequence[ComparedMetric] = COMPARED,
    *,
    families: int = 1,
) -> tuple[Comparison, ...]:
    """Compare all pairs of stacks in each of these metrics, by the design of the run's stop rule.

    Differences within the noise of `control` are not judged. The intervals of a metric are
    simultaneous over `families` families, these pairs among them.
    """
    return suppress_by_control(_compared(run, benchmark, stacks, metrics, families), control)


def first_comparisons_of(
    run: Run, benchmark: Benchmark, stacks: Sequence[CellAnalysis], control: Sequence[Comparison]
) -> tuple[Comparison, ...]:
    """Compare the best stack of each metric with each of the others.

    These are a family of their own beside all pairs, with narrower intervals.
    """
    procedure = _procedure(run, benchmark)
    at_limit, void = _pairs_at_the_load_limit(stacks), _void_pairs(stacks)
    found = (
        comparison
        for metric in COMPARED
        for comparison in compare_with_best(
            measured_in(benchmark, stacks, metric),
            [analysed.stack for analysed in stacks if analysed.takes_part(metric)],
            procedure,
            at_limit if metric == "throughput" else (),
        )
        if metric != "throughput" or frozenset((comparison.a, comparison.b)) not in void
    )
    return suppress_by_control(tuple(found), control)


def with_best(
    run: Run, table: Table, metric: PairedMetric, names: Sequence[str]
) -> tuple[Comparison, ...]:
    """Compare the best of these stacks with each of the others, whatever else was measured.

    Differences within the noise of the table's control are not judged.
    """
    benchmark = table.benchmark
    disturbed = excluded_rounds(run, benchmark).rounds
    rounds = {
        name: {
            m.trial.round: m
            for m in run.measurements
            if m.trial.cell == Cell(benchmark.name, name) and m.trial.round not in disturbed
        }
        for name in names
    }
    resolutions = _resolutions(benchmark, names) if metric == "throughput" else {}
    procedure = _procedure(run, benchmark)
    found = compare_with_best(Measured(metric, rounds, resolutions), names, procedure)
    return suppress_by_control(found, table.control)


def speed_adjustments(
    run: Run, benchmark: Benchmark, stacks: Sequence[CellAnalysis]
) -> tuple[SpeedAdjustment, ...]:
    """Say for each metric whether what the speed probe read adjusted its comparisons."""
    procedure = _procedure(run, benchmark)
    found = (
        speed_adjustment(
            measured_in(benchmark, stacks, metric),
            [analysed.stack for analysed in stacks if analysed.takes_part(metric)],
            procedure,
        )
        for metric in COMPARED
    )
    return tuple(filter(None, found))


def excluded_rounds(run: Run, benchmark: Benchmark) -> ExcludedRounds:
    """Return the excluded rounds of a benchmark; results do not affect the choice."""
    return exclude_rounds(m for m in run.measurements if m.trial.cell.benchmark == benchmark.name)


def _controls(run: Run) -> Mapping[str, str]:
    return {stack.name: stack.control_of for stack in run.plan.suite.stacks if stack.control_of}


def _compared(
    run: Run,
    benchmark: Benchmark,
    stacks: Sequence[CellAnalysis],
    metrics: Sequence[ComparedMetric],
    families: int = 1,
) -> tuple[Comparison, ...]:
    procedure = _procedure(run, benchmark, families)
    comparisons = tuple(
        itertools.chain.from_iterable(
            compare(
                measured_in(benchmark, stacks, metric),
                [analysed.stack for analysed in stacks if analysed.takes_part(metric)],
                _pairs_at_the_load_limit(stacks) if metric == "throughput" else (),
                procedure,
            )
            for metric in metrics
        )
    )
    void = _void_pairs(stacks)
    return tuple(
        comparison
        for comparison in comparisons
        if comparison.metric != "throughput" or frozenset((comparison.a, comparison.b)) not in void
    )


def _procedure(run: Run, benchmark: Benchmark, families: int = 1) -> Procedure:
    done, design = run.rounds_done(benchmark.name), design_of(run.plan.suite)
    return Procedure(design, done, families, dropped_from(run, benchmark))


def dropped_from(run: Run, benchmark: Benchmark) -> frozenset[str]:
    """Name the stacks that left a benchmark before its end."""
    return frozenset(left.stack for left in run.dropped if left.benchmark == benchmark.name)


def measured_in(
    benchmark: Benchmark, stacks: Sequence[CellAnalysis], metric: ComparedMetric
) -> Measured:
    """Return what stacks are compared by in a metric."""
    rounds = {analysed.stack: analysed.rounds for analysed in stacks}
    if metric in QUANTILES:
        times = {analysed.stack: analysed.response_times for analysed in stacks}
        return Measured(metric, rounds, times=times)
    resolutions = _resolutions(benchmark, list(rounds)) if metric == "throughput" else {}
    return Measured(metric, rounds, resolutions)


def _resolutions(benchmark: Benchmark, stacks: Sequence[str]) -> Mapping[str, float]:
    return dict.fromkeys(stacks, resolution(benchmark))


def _void_pairs(stacks: Sequence[CellAnalysis]) -> set[frozenset[str]]:
    contexts = (analysed.context for analysed in stacks)
    return duet_split.void_pairs(
        {c.stack: c.measurements for c in contexts if c.benchmark.mode == "duet"}
    )


def letters_of(
    stacks: Sequence[CellAnalysis], comparisons: Sequence[Comparison]
) -> Mapping[Metric, Mapping[str, str]]:
    """Letter the stacks in each metric, the best first, where any verdict was possible."""
    letters: dict[Metric, Mapping[str, str]] = {}
    for metric in COMPARED:
        in_metric = [comparison for comparison in comparisons if comparison.metric == metric]
        if metric == "throughput" and _void_pairs(stacks):
            continue
        if any(comparison.verdict != "no verdict" for comparison in in_metric):
            different = [frozenset((c.a, c.b)) for c in in_metric if is_significant(c)]
            letters[metric] = compact_letters.letters(_best_first(stacks, metric), different)
    return letters


def _best_first(stacks: Sequence[CellAnalysis], metric: ComparedMetric) -> list[str]:
    values = {
        analysed.stack: figure.value
        for analysed in stacks
        if analysed.takes_part(metric) and isinstance(figure := analysed.figure(metric), Estimate)
    }
    return sorted(values, key=values.__getitem__, reverse=METRICS[metric].higher_is_better)


def _analysed(
    run: Run, benchmark: Benchmark, stack: str, disturbed: Collection[int], logs: Logs
) -> CellAnalysis:
    of_stack = [m for m in run.measurements if m.trial.cell.stack == stack]
    here = [
        m
        for m in of_stack
        if m.trial.cell.benchmark == benchmark.name and m.trial.round not in disturbed
    ]
    settings = run.plan.suite.stack(stack)
    context = CellContext(
        benchmark,
        stack,
        tuple(sorted(here, key=lambda m: m.trial.round)),
        tuple(m for m in of_stack if m.trial.cell.benchmark != benchmark.name),
        limits=settings.limits,
        configuration=next((c for c in run.configurations if c.stack == stack), None),
        lives=tuple(life for life in run.lives if life.stack == stack),
        ceiling_per_s=ceiling_per_s(run, benchmark),
        workers=settings.workers,
        threads=settings.threads if settings.interface == "wsgi" else 0,
        unqueued=unqueued(run, benchmark, of_stack),
        partners=partners(run, benchmark, stack),
        differs=settings.differs,
        differs_from=settings.differs_from,
        levels_beside=levels_beside(logs, stack, _controls(run)),
        own_app=run.plan.suite.is_of_own_app,
    )
    return CellAnalysis(context)


def _table_order(analysed: CellAnalysis) -> tuple[int, float, str]:
    throughput = analysed.figure("throughput")
    if analysed.is_idle and analysed.context.measurements:
        memory = analysed.figure("connection_bytes")
        return (0, memory.value if isinstance(memory, Estimate) else math.inf, analysed.stack)
    if isinstance(throughput, Estimate) and not analysed.validity.throughput_void:
        return (0, -throughput.value, analysed.stack)
    return (1 if analysed.context.measurements else 2, 0.0, analysed.stack)


def _pairs_at_the_load_limit(stacks: Sequence[CellAnalysis]) -> set[frozenset[str]]:
    bound = [analysed.stack for analysed in stacks if analysed.validity.bound_by_client]
    return set(map(frozenset, itertools.combinations(bound, 2)))


def resolution(benchmark: Benchmark) -> float:
    """Return the share of a window's throughput that one wait of the app makes up.

    Where the app waits, responses come in volleys, one wait apart. The lead-in may put the same
    volley just inside every window of one stack and just outside every window of another.
    """
    return benchmark.workload.wait_s / benchmark.window_s if benchmark.mode != "whole" else 0.0
