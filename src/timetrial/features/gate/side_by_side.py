"""Two stacks of one run, measured in turn, as old and new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from timetrial.analysis.cell_analysis import CellAnalysis, cell_analyses, comparisons_of, control_of
from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.features.gate.broken import is_broken
from timetrial.features.gate.doubts import doubts, invalid
from timetrial.features.gate.judge import judge
from timetrial.features.gate.judgement import (
    Gate,
    GateRule,
    Judgement,
    JudgementKind,
    Undecided,
    UndecidedKind,
)
from timetrial.model.errors import BadInput, UnknownName
from timetrial.model.finding import Finding
from timetrial.model.metrics import ComparedMetric
from timetrial.model.missing import MissingKind
from timetrial.model.run import Run
from timetrial.model.suite import Benchmark
from timetrial.model.summary import Comparison, Missing
from timetrial.model.trial import Cell

BOUND_BY_CLIENT = Undecided(UndecidedKind.BOUND_BY_CLIENT)


def gate_side_by_side(run: Run, old: str, new: str, rule: GateRule) -> Gate:
    """Judge a stack of the run against another one in every benchmark that both take part in.

    Rounds are paired, and the family is what is judged: one pair in each benchmark and metric.
    Raises BadInput where that is no pair.
    """
    benchmarks = _benchmarks(run, old, new)
    families = len(benchmarks) * len(rule.metrics)
    found: list[Judgement] = []
    findings: list[Finding] = []
    for benchmark in benchmarks:
        stacks = cell_analyses(run, benchmark)
        pair = _Pair(stacks, old, new)
        control = control_of(run, benchmark, stacks, rule.metrics)
        # The ratio is that of who comes first over who comes second.
        compared = comparisons_of(
            run, benchmark, (pair.new, pair.old), control, rule.metrics, families=families
        )
        by_metric = {comparison.metric: comparison for comparison in compared}
        found += (
            _judgement(run, metric, by_metric.get(metric), pair, rule.max_regression)
            for metric in rule.metrics
        )
        findings += (*pair.old.findings, *pair.new.findings)
    remarks = _remarks(run, doubts(findings))
    return Gate("side by side", old, new, rule, tuple(found), remarks)


class _Pair:
    """Both stacks in one benchmark."""

    def __init__(self, stacks: Sequence[CellAnalysis], old: str, new: str) -> None:
        by_name: Mapping[str, CellAnalysis] = {stack.stack: stack for stack in stacks}
        self.old, self.new = by_name[old], by_name[new]

    @property
    def cell(self) -> Cell:
        return self.new.context.cell


def _benchmarks(run: Run, old: str, new: str) -> list[Benchmark]:
    suite = run.plan.suite
    names = [stack.name for stack in suite.stacks if stack.control_of is None]
    for name in (old, new):
        if name not in names:
            raise UnknownName(f"stack in run {run.number}", name, names)
    if old == new:
        raise BadInput(f"{old!r} cannot be gated against itself: name two stacks")
    found = [benchmark for benchmark in suite.benchmarks if {old, new} <= set(benchmark.stacks)]
    if not found:
        raise BadInput(f"{old!r} and {new!r} have no benchmark of run {run.number} in common")
    return found


def _judgement(
    run: Run, metric: ComparedMetric, comparison: Comparison | None, pair: _Pair, limit: float
) -> Judgement:
    if comparison is None:
        broken = is_broken(run, pair.new) and not is_broken(run, pair.old)
        call: JudgementKind = "broken" if broken else "no figure"
        return Judgement(pair.cell, metric, call, _why_none(metric, pair))
    judged = judge(pair.cell, metric, comparison.ratio, limit, _undecided(comparison))
    if judged.call == "regression" and comparison.verdict == "no verdict":
        return Judgement(pair.cell, metric, "cannot tell", comparison.ratio, BOUND_BY_CLIENT)
    return judged


def _undecided(comparison: Comparison) -> Undecided | None:
    if few := too_few_rounds(comparison.ratio.rounds):
        return few
    if comparison.provisional:
        return Undecided(UndecidedKind.PROVISIONAL)
    return Undecided(UndecidedKind.NOT_JUDGED) if comparison.verdict == "not judged" else None


def too_few_rounds(rounds: int) -> Undecided | None:
    """Refuse a verdict where it takes more rounds."""
    if rounds >= ROUNDS_FOR_VERDICT:
        return None
    return Undecided(UndecidedKind.TOO_FEW_ROUNDS, rounds)


def _why_none(metric: ComparedMetric, pair: _Pair) -> Missing:
    for analysis in (pair.old, pair.new):
        figure = analysis.figure(metric)
        if isinstance(figure, Missing):
            return replace(figure, of=analysis.stack)
        if not analysis.takes_part(metric):
            return Missing(MissingKind.VOID, detail=invalid(analysis.findings), of=analysis.stack)
    return Missing(MissingKind.NO_COMMON_ROUND)


def _remarks(run: Run, doubted: str) -> tuple[str, ...]:
    found = []
    if run.pending():
        found.append(f"Run {run.number} was interrupted: what is judged is what there is of it.")
    if doubted:
        found.append(
            f"Doubtful, by the run's own checks: {doubted}. `timetrial report "
            f"{run.number}` has the evidence."
        )
    return tuple(found)
