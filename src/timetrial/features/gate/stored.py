"""Two stored runs, measured at different times, as old and new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from timetrial.analysis.compare import compare_runs
from timetrial.features.gate.judge import doubts, is_broken_in, judge, too_few_rounds
from timetrial.features.gate.judgement import Gate, GateRule, Judgement
from timetrial.model import Cell, Change, MissingKind, RunComparison
from timetrial.model.summary import Missing, Summary

UNPAIRED = (
    "The two were measured at different times: what the machine did in between counts as a "
    "difference, and no interval holds it. Measured in turn in one run, old and new are compared "
    "more precisely (--base-rev, or --old and --new)."
)


@dataclass(frozen=True, slots=True)
class Side:
    """A run, and what to call it."""

    name: str
    """For people: 'run 3', or a file."""
    summary: Summary


def compared(old: Side, new: Side, rule: GateRule) -> RunComparison:
    """Compare the runs, with intervals that hold together over all that is to be judged."""
    return compare_runs(old.summary, new.summary, families=len(rule.metrics))


def gate_stored(old: Side, new: Side, comparison: RunComparison, rule: GateRule) -> Gate:
    """Judge every stack and benchmark of the old run by the `comparison` of both.

    A cell that only the old run has is 'no figure', or 'broken' if it fails in the new run. A cell
    that only the new run has is named in a remark.
    """
    names = {comparison.a: old.name, comparison.b: new.name}
    judgements = [
        _judgement(
            cell.cell, change, names, rule.max_regression, broken=_breaks(cell.cell, old, new)
        )
        for cell in comparison.cells
        for metric in rule.metrics
        for change in cell.changes
        if change.metric == metric
    ]
    missing = Missing(MissingKind.NOT_IN_THE_NEW_RUN, of=new.name)
    judgements += [
        Judgement(cell, metric, "broken" if _breaks(cell, old, new) else "no figure", missing)
        for cell in comparison.only_in_a
        for metric in rule.metrics
    ]
    remarks = tuple(_remarks(old, new, comparison))
    return Gate("stored", old.name, new.name, rule, tuple(judgements), remarks)


def _breaks(cell: Cell, old: Side, new: Side) -> bool:
    return is_broken_in(new.summary, cell) and not is_broken_in(old.summary, cell)


def _judgement(
    cell: Cell, change: Change, names: Mapping[int, str], limit: float, *, broken: bool
) -> Judgement:
    ratio = change.ratio
    if isinstance(ratio, Missing):
        # The comparison calls a run by its number, a gate by its name.
        named = replace(ratio, of=names[ratio.run], run=0)
        return Judgement(cell, change.metric, "broken" if broken else "no figure", named)
    bound_by_client = change.verdict == "no verdict"
    undecided = too_few_rounds(ratio.rounds)
    return judge(cell, change.metric, ratio, limit, undecided, bound_by_client=bound_by_client)


def _remarks(old: Side, new: Side, comparison: RunComparison) -> Iterator[str]:
    yield UNPAIRED
    if comparison.only_in_b:
        cells = ", ".join(f"{cell.stack} in {cell.benchmark}" for cell in comparison.only_in_b)
        yield f"Only {new.name} has {cells}: not judged."
    for side in (old, new):
        name = side.name
        if not side.summary.complete:
            start = name[:1].upper() + name[1:] if name.startswith("run ") else name
            yield f"{start} was interrupted: what is judged is what there is of it."
        doubtful = doubts(finding for table in side.summary.tables for finding in table.findings)
        if doubtful:
            yield f"Doubtful in {name}, by its own checks: {doubtful}."
