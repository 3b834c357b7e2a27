"""Two stacks of one run, measured in turn, as old and new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from timetrial.analysis.cell_analysis import CellAnalysis, cell_analyses, comparisons_of, control_of
from timetrial.features.gate.judge import doubts, invalid, is_broken, judge, too_few_rounds
from timetrial.features.gate.judgement import Gate, GateRule, Judgement, Undecided, UndecidedKind
from timetrial.model import (
    BadInput,
    Benchmark,
    ComparedMetric,
    Finding,
    MissingKind,
    Run,
    UnknownName,
)
from timetrial.model.summary import Comparison, Missing


def gate_side_by_side(run: Run, old: str, new: str, rule: GateRule) -> Gate:
    """Judge one stack of the run against another in every benchmark that has both.

    Rounds are paired. The family is what is judged: one pair in each benchmark and metric.
    Raises UnknownName for a stack that the run does not have, and BadInput for the same stack
    twice or two stacks without a common benchmark.
    """
    benchmarks = _benchmarks(run, old, new)
    families = len(benchmarks) * len(rule.metrics)
    judgements: list[Judgement] = []
    findings: list[Finding] = []
    for benchmark in benchmarks:
        analyses = cell_analyses(run, benchmark)
        by_name = {analysis.stack: analysis for analysis in analyses}
        pair = by_name[new], by_name[old]
        control = control_of(run, benchmark, analyses, rule.metrics)
        # A ratio is that of the first of a pair over the second.
        comparisons = comparisons_of(run, benchmark, pair, control, rule.metrics, families=families)
        by_metric = {comparison.metric: comparison for comparison in comparisons}
        judgements += (
            _judgement(run, metric, by_metric.get(metric), pair, rule.max_regression)
            for metric in rule.metrics
        )
        findings += (*by_name[old].findings, *by_name[new].findings)
    remarks = tuple(_remarks(run, doubts(findings)))
    return Gate("side by side", old, new, rule, tuple(judgements), remarks)


def _benchmarks(run: Run, old: str, new: str) -> list[Benchmark]:
    suite = run.plan.suite
    names = [stack.name for stack in suite.stacks if stack.control_of is None]
    for name in (old, new):
        if name not in names:
            raise UnknownName(f"stack in run {run.number}", name, names)
    if old == new:
        raise BadInput(f"{old!r} cannot be gated against itself: name two stacks")
    common = [benchmark for benchmark in suite.benchmarks if {old, new} <= set(benchmark.stacks)]
    if not common:
        raise BadInput(f"{old!r} and {new!r} have no benchmark of run {run.number} in common")
    return common


def _judgement(
    run: Run,
    metric: ComparedMetric,
    comparison: Comparison | None,
    pair: tuple[CellAnalysis, CellAnalysis],
    limit: float,
) -> Judgement:
    new, old = pair
    cell = new.context.cell
    if comparison is None:
        broken = is_broken(run, new) and not is_broken(run, old)
        missing = _why_none(metric, old, new)
        return Judgement(cell, metric, "broken" if broken else "no figure", missing)
    undecided, verdict = too_few_rounds(comparison.ratio.rounds), comparison.verdict
    if undecided is None and comparison.provisional:
        undecided = Undecided(UndecidedKind.PROVISIONAL)
    if undecided is None and verdict == "not judged":
        undecided = Undecided(UndecidedKind.NOT_JUDGED)
    return judge(
        cell, metric, comparison.ratio, limit, undecided, bound_by_client=verdict == "no verdict"
    )


def _why_none(metric: ComparedMetric, *pair: CellAnalysis) -> Missing:
    for analysis in pair:
        figure = analysis.figure(metric)
        if isinstance(figure, Missing):
            return replace(figure, of=analysis.stack)
        if not analysis.takes_part(metric):
            return Missing(MissingKind.VOID, detail=invalid(analysis.findings), of=analysis.stack)
    return Missing(MissingKind.NO_COMMON_ROUND)


def _remarks(run: Run, doubtful: str) -> Iterator[str]:
    if run.pending():
        yield f"Run {run.number} was interrupted: what is judged is what there is of it."
    if doubtful:
        yield (
            f"Doubtful, by the run's own checks: {doubtful}. `timetrial report "
            f"{run.number}` has the evidence."
        )
