"""Two stored runs, each taken at a time of its own, as old and new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from timetrial.analysis.compare import compare_runs
from timetrial.features.gate.broken import is_broken_in
from timetrial.features.gate.doubts import doubts
from timetrial.features.gate.judge import judge
from timetrial.features.gate.judgement import Gate, GateRule, Judgement, JudgementKind
from timetrial.features.gate.side_by_side import BOUND_BY_CLIENT, too_few_rounds
from timetrial.model.metrics import Metric
from timetrial.model.missing import MissingKind
from timetrial.model.run_comparison import CellComparison, Change, RunComparison
from timetrial.model.summary import Missing, Summary
from timetrial.model.trial import Cell

UNPAIRED = (
    "The two were measured at different times: what the machine did in between counts as a "
    "difference, and no interval holds it. Measured in turn in one run, old and new are told apart "
    "more finely and more surely (--base-rev, or --old and --new)."
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

    What the new run has not measured is no figure; what it alone has measured is only told.
    """
    names = {comparison.a: old.name, comparison.b: new.name}
    found = [
        _judgement(
            compared_cell.cell,
            change,
            names,
            rule.max_regression,
            broken=_breaks(compared_cell.cell, old, new),
        )
        for compared_cell in comparison.cells
        for change in _in(rule.metrics, compared_cell)
    ]
    gone = Missing(MissingKind.NOT_IN_THE_NEW_RUN, of=new.name)
    found += [
        Judgement(cell, metric, "broken" if _breaks(cell, old, new) else "no figure", gone)
        for cell in comparison.only_in_a
        for metric in rule.metrics
    ]
    remarks = tuple(_remarks(old, new, comparison))
    return Gate("stored", old.name, new.name, rule, tuple(found), remarks)


def _in(metrics: Sequence[Metric], cell: CellComparison) -> list[Change]:
    return [change for metric in metrics for change in cell.changes if change.metric == metric]


def _breaks(cell: Cell, old: Side, new: Side) -> bool:
    return is_broken_in(new.summary, cell) and not is_broken_in(old.summary, cell)


def _judgement(
    cell: Cell, change: Change, names: dict[int, str], limit: float, *, broken: bool
) -> Judgement:
    ratio = change.ratio
    if isinstance(ratio, Missing):
        call: JudgementKind = "broken" if broken else "no figure"
        return Judgement(cell, change.metric, call, _named(ratio, names))
    judged = judge(cell, change.metric, ratio, limit, too_few_rounds(ratio.rounds))
    if judged.call == "regression" and change.verdict == "no verdict":
        return Judgement(cell, change.metric, "cannot tell", ratio, BOUND_BY_CLIENT)
    return judged


def _named(missing: Missing, names: dict[int, str]) -> Missing:
    """Call a run by its name where the comparison calls it by its number."""
    return replace(missing, of=names[missing.run], run=0)


def _remarks(old: Side, new: Side, comparison: RunComparison) -> Iterator[str]:
    yield UNPAIRED
    if comparison.only_in_b:
        cells = ", ".join(f"{cell.stack} in {cell.benchmark}" for cell in comparison.only_in_b)
        yield f"Only {new.name} has {cells}: not judged."
    for side in (old, new):
        if not side.summary.complete:
            yield f"{_capital(side.name)} was interrupted: what is judged is what there is of it."
        found = doubts(finding for table in side.summary.tables for finding in table.findings)
        if found:
            yield f"Doubtful in {side.name}, by its own checks: {found}."


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:] if name.startswith("run ") else name
