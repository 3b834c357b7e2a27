"""Whether one figure, new over old, is worse than a limit allows, or fails altogether.

A regression is called only where the whole interval lies beyond the limit. The intervals are
two-sided 95 % intervals that hold together over everything that a gate judges (Bonferroni). So,
where nothing has changed and the limit is 0 %, a gate calls a regression in 2.5 % of cases at most,
however many benchmarks and metrics it judges. With a higher limit the interval would have to miss
by the limit, too.
"""

from __future__ import annotations

from collections.abc import Iterable

from timetrial.analysis.cell_analysis import CellAnalysis
from timetrial.analysis.checks.thresholds import ERRORS
from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.features.gate.judgement import Judgement, JudgementKind, Undecided, UndecidedKind
from timetrial.model import GATED, Cell, Estimate, Finding, GatedMetric, Run, Summary

NO_INTERVAL = Undecided(UndecidedKind.NO_INTERVAL)
BOUND_BY_CLIENT = Undecided(UndecidedKind.BOUND_BY_CLIENT)
MOST_NAMED = 3
"""Cells; more of them are counted."""


def judge(  # noqa: PLR0913 - a cell's figure, the limit, and what else may prevent a judgement
    cell: Cell,
    metric: GatedMetric,
    ratio: Estimate,
    limit: float,
    undecided: Undecided | None = None,
    *,
    bound_by_client: bool = False,
) -> Judgement:
    """Judge the new figure over the old one by its interval, if there is one.

    `limit` is the share by which it may be worse, 0.05 for 5 %. `undecided` says what keeps the
    interval from deciding. Figures that are `bound_by_client` show no regression of the server.
    """
    if undecided is not None or ratio.low is None or ratio.high is None:
        return Judgement(cell, metric, "cannot tell", ratio, undecided or NO_INTERVAL)
    kind = _kind(metric, ratio.low, ratio.high, limit)
    if kind == "regression" and bound_by_client:
        return Judgement(cell, metric, "cannot tell", ratio, BOUND_BY_CLIENT)
    return Judgement(cell, metric, kind, ratio)


def furthest(metric: GatedMetric, limit: float) -> float:
    """Return the ratio, new over old, that is just within the limit."""
    return 1 - GATED[metric].direction * limit


def too_few_rounds(rounds: int) -> Undecided | None:
    """Refuse a verdict where there are fewer rounds than a verdict takes."""
    if rounds >= ROUNDS_FOR_VERDICT:
        return None
    return Undecided(UndecidedKind.TOO_FEW_ROUNDS, rounds)


def _kind(metric: GatedMetric, low: float, high: float, limit: float) -> JudgementKind:
    direction = GATED[metric].direction
    edge = direction * furthest(metric, limit)
    better, worse = (high, low) if GATED[metric].higher_is_better else (-low, -high)
    if better < edge:
        return "regression"
    return "within the limit" if worse >= edge else "cannot tell"


def doubts(findings: Iterable[Finding]) -> str:
    """Name the doubtful findings and their cells; '' where there are none."""
    cells: dict[str, dict[str, None]] = {}
    for finding in findings:
        if finding.severity == "doubtful":
            where = f"{finding.cell.stack} in {finding.cell.benchmark}"
            cells.setdefault(finding.name, {})[where] = None
    return "; ".join(
        f"{name} ({f'{len(where)} cells' if len(where) > MOST_NAMED else ', '.join(where)})"
        for name, where in cells.items()
    )


def invalid(findings: Iterable[Finding]) -> str:
    """Name the findings that void figures."""
    return ", ".join(dict.fromkeys(f.name for f in findings if f.severity == "invalid"))


def is_broken(run: Run, analysis: CellAnalysis) -> bool:
    """Say whether too many responses of a cell failed, or whether it was never measured."""
    cell = analysis.context.cell
    measured = bool(analysis.context.measurements)
    return _errs(cell, analysis.findings) or (not measured and _failed(run, cell))


def is_broken_in(summary: Summary, cell: Cell) -> bool:
    """Say the same of a cell of a summary; a cell that the run does not have is not broken."""
    table = next((t for t in summary.tables if t.benchmark.name == cell.benchmark), None)
    if table is None:
        return False
    measured = any(row.requests for row in table.rows if row.stack.name == cell.stack)
    return _errs(cell, table.findings) or (not measured and _failed(summary.run, cell))


def _errs(cell: Cell, findings: Iterable[Finding]) -> bool:
    return any(
        finding.cell == cell and finding.name == ERRORS.name and finding.severity == "invalid"
        for finding in findings
    )


def _failed(run: Run, cell: Cell) -> bool:
    return any(failure.concerns(cell) for failure in run.undeclared_failures())
