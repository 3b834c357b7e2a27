"""The figures of each candidate, by the run in which it got furthest."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from timetrial.analysis.cell_analysis import CellAnalysis, cell_analyses, comparisons_of
from timetrial.features.tune.grid import Candidate
from timetrial.features.tune.suites import ALONE, TuningTarget
from timetrial.model import (
    METRICS,
    NOT_MEASURED,
    Benchmark,
    ComparedMetric,
    Finding,
    MissingKind,
    Run,
)
from timetrial.model.summary import Comparison, Estimate, Missing

StageKind = Literal["pilot", "rung", "finals", "curve"]


@dataclass(frozen=True)
class Stage:
    """A part of the search: one run of the store."""

    kind: StageKind
    number: int
    """Of a rung, counted from 1; 0 for others."""
    run: Run
    took_s: float

    @property
    def name(self) -> str:
        return f"{self.kind} {self.number}" if self.number else self.kind

    @cached_property
    def benchmarks(self) -> tuple[tuple[Benchmark, tuple[CellAnalysis, ...]], ...]:
        """List the benchmarks of candidates, each with the analyses of its cells."""
        benchmarks = self.run.plan.suite.benchmarks
        return tuple(
            (benchmark, cell_analyses(self.run, benchmark))
            for benchmark in benchmarks
            if benchmark.name != ALONE
        )

    def comparisons(self, metric: ComparedMetric) -> tuple[Comparison, ...]:
        """Compare all pairs within each benchmark."""
        return tuple(
            itertools.chain.from_iterable(
                comparisons_of(self.run, benchmark, stacks, (), (metric,))
                for benchmark, stacks in self.benchmarks
            )
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """One candidate in one run."""

    candidate: Candidate
    stage: str
    run: int
    rounds: int
    throughput: Estimate | Missing
    """Correct responses a second; response times and memory in ns and bytes."""
    p50_ns: Estimate | Missing
    p90_ns: Estimate | Missing
    p99_ns: Estimate | Missing
    cpu_s_per_1000: Estimate | Missing
    memory_bytes: Estimate | Missing
    at_least: bool
    """Throughput is a lower bound: something else was the limit."""
    findings: tuple[Finding, ...] = ()
    connections_held: Estimate | Missing = NOT_MEASURED
    """This one and the next have no figures: candidates are not tried on idle connections."""
    connection_bytes: Estimate | Missing = NOT_MEASURED
    events_per_s: Estimate | Missing = NOT_MEASURED
    """This one and the next two have no figures: candidates are not tried on streams."""
    first_event_ns: Estimate | Missing = NOT_MEASURED
    gap_ns: Estimate | Missing = NOT_MEASURED


def figures_of(stage: Stage, target: TuningTarget) -> Mapping[Candidate, Figures]:
    """Estimate all candidates of a stage; the reference by the first group that has it."""
    figures: dict[Candidate, Figures] = {}
    for _, stacks in stage.benchmarks:
        for stack in stacks:
            candidate = target.candidate(stack.stack)
            figures.setdefault(candidate, _figures_in(candidate, stage, stack))
    return figures


def latest(stages: Sequence[Stage], target: TuningTarget) -> Mapping[Candidate, Figures]:
    """Map each candidate to its figures of the last stage in which it has some.

    The curve's stage comes last, but finalists keep their figures of the finals.
    """
    figures_of_candidates: dict[Candidate, Figures] = {}
    for stage in sorted(stages, key=lambda stage: stage.kind == "finals"):
        for candidate, figures in figures_of(stage, target).items():
            if figures.rounds or candidate not in figures_of_candidates:
                figures_of_candidates[candidate] = figures
    return figures_of_candidates


def _figures_in(candidate: Candidate, stage: Stage, cell: CellAnalysis) -> Figures:
    validity = cell.validity
    void = Missing(MissingKind.VOID_AS_LISTED)
    return Figures(
        candidate=candidate,
        stage=stage.name,
        run=stage.run.number,
        rounds=len(cell.rounds),
        **{metric: void if validity.voids(metric) else cell.figure(metric) for metric in METRICS},
        at_least=validity.lower_bound,
        findings=cell.findings,
    )
