"""The figures of a run of ours for cells and pairs that others published."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from timetrial.analysis.cell_analysis import excluded_rounds
from timetrial.analysis.checks.validity import validity_of
from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.analysis.statistics.estimates import from_log, window_throughput
from timetrial.analysis.statistics.mean_inference import CONFIDENCE, centre
from timetrial.features.published.collection import Pair
from timetrial.model import Cell, MissingKind
from timetrial.model.summary import Estimate, Missing, Row, Summary, Table, Validity, Verdict

NOT_IN_THE_RUN = Missing(MissingKind.NOT_IN_THE_RUN)
_OPPOSITE: dict[Verdict, Verdict] = {"higher": "lower", "lower": "higher"}


@dataclass(frozen=True, slots=True)
class OurPair:
    """One cell's throughput against another's, in our run."""

    verdict: Verdict | Literal["not measured"]
    ratio: Estimate | None
    """One over other."""
    why: str
    """Where there is no verdict, the reason as a clause; else ''."""
    bound: Literal["", "at least", "at most"] = ""
    """What the ratio is, where one of the figures is a lower bound."""


def throughput(summary: Summary, cell: Cell) -> Estimate | Missing:
    """Look up a cell's figure, or why there is no valid one."""
    found = find_row(summary, cell)
    if found is None:
        return NOT_IN_THE_RUN
    table, row = found
    if isinstance(row.throughput, Estimate) and not row.validity.throughput_compares:
        return _why_void(table, cell, lambda alone: not alone.throughput_compares)
    return row.throughput


def p50(summary: Summary, cell: Cell) -> Estimate | Missing:
    """Look up a cell's median response time in ns."""
    found = find_row(summary, cell)
    if found is None:
        return NOT_IN_THE_RUN
    figure = throughput(summary, cell)
    if isinstance(figure, Missing):
        return figure
    if found[1].validity.response_time_void:
        return _why_void(found[0], cell, lambda alone: alone.response_time_void)
    return found[1].p50_ns


def _why_void(table: Table, cell: Cell, voids: Callable[[Validity], bool]) -> Missing:
    """Name the first finding that does so by itself."""
    first = next(
        finding
        for finding in table.findings
        if finding.cell == cell and voids(validity_of(cell, [finding]))
    )
    return Missing(MissingKind.VOID_BY_FINDING, finding=first.name, detail=first.evidence)


def pairs(summary: Summary, wanted: Sequence[Pair]) -> tuple[OurPair, ...]:
    """Compare cells: as the run did within a benchmark, by rounds across two benchmarks.

    The latter are one family, by Bonferroni. Pairs with a lower bound belong to it:
    a stack whose throughput is a lower bound can be found faster, never slower.
    """
    across = {
        pair: _logs(summary, pair)
        for pair in wanted
        if (_is_across_benchmarks(pair) or any(_bounded(summary, pair)))
        and _why_not(summary, pair) is None
    }
    tested = sum(len(logs) >= ROUNDS_FOR_VERDICT for logs in across.values())
    confidence = 1 - (1 - CONFIDENCE) / max(1, tested)
    return tuple(
        _as_far_as_bounded(_across_benchmarks(across[pair], confidence), summary, pair)
        if pair in across
        else _why_not(summary, pair) or _within_benchmark(summary, pair)
        for pair in wanted
    )


def is_bound(summary: Summary, cell: Cell) -> bool:
    """Say whether the load was the limit of our figure."""
    found = find_row(summary, cell)
    return found is not None and found[1].validity.bound_by_client


def _is_across_benchmarks(wanted: Pair) -> bool:
    return wanted.over is not None or wanted.one.benchmark != wanted.other.benchmark


def _why_not(summary: Summary, wanted: Pair) -> OurPair | None:
    for cell in wanted.cells:
        figure = throughput(summary, cell)
        if isinstance(figure, Missing) and not _is_lower_bound(summary, cell):
            why = f"{cell.stack} in {cell.benchmark}: {figure.reason}"
            return OurPair("not measured", None, why)
    return None


def _is_lower_bound(summary: Summary, cell: Cell) -> bool:
    found = find_row(summary, cell)
    if found is None or isinstance(found[1].throughput, Missing):
        return False
    validity = found[1].validity
    return validity.lower_bound and not validity.throughput_void


def _bounded(summary: Summary, wanted: Pair) -> tuple[bool, bool]:
    """Say whether the ratio is at least, and whether it is at most, what was measured."""
    above, below = [wanted.one], [wanted.other]
    if wanted.over is not None:
        above, below = [wanted.one, wanted.over.other], [wanted.other, wanted.over.one]
    return (
        any(_is_lower_bound(summary, cell) for cell in above),
        any(_is_lower_bound(summary, cell) for cell in below),
    )


def _as_far_as_bounded(found: OurPair, summary: Summary, wanted: Pair) -> OurPair:
    at_least, at_most = _bounded(summary, wanted)
    if found.ratio is None or not (at_least or at_most):
        return found
    open_to = "lower" if at_least else "higher"
    if (at_least and at_most) or found.verdict in (open_to, "no difference detected"):
        return OurPair("no verdict", None, "the load generator, or a service, was at its end")
    ratio = Estimate(found.ratio.value, None, None, found.ratio.rounds)
    return OurPair(found.verdict, ratio, found.why, "at least" if at_least else "at most")


def _within_benchmark(summary: Summary, wanted: Pair) -> OurPair:
    table = next(t for t in summary.tables if t.benchmark.name == wanted.one.benchmark)
    for found in table.comparisons:
        if found.metric != "throughput":
            continue
        if (found.b, found.a) == (wanted.one.stack, wanted.other.stack):
            return OurPair(found.verdict, found.ratio, _why(found.verdict, found.ratio))
        if (found.a, found.b) == (wanted.one.stack, wanted.other.stack):
            verdict = _OPPOSITE.get(found.verdict, found.verdict)
            return OurPair(verdict, found.ratio.inverse(), _why(verdict, found.ratio))
    return OurPair("no verdict", None, "the run gives no comparison of the two")


def _logs(summary: Summary, wanted: Pair) -> list[float]:
    """Take the log ratio of every round's totals: windows of two benchmarks have no neighbours."""
    if any(is_bound(summary, cell) for cell in wanted.cells):
        return []
    logs = _logs_by_round(summary, wanted)
    if wanted.over is None:
        return list(logs.values())
    reference = _logs_by_round(summary, wanted.over)
    return [logs[round_] - reference[round_] for round_ in logs if round_ in reference]


def _logs_by_round(summary: Summary, wanted: Pair) -> dict[int, float]:
    one, other = _by_round(summary, wanted.one), _by_round(summary, wanted.other)
    both = (round_ for round_ in sorted(one.keys() & other) if one[round_] and other[round_])
    return {round_: math.log(one[round_] / other[round_]) for round_ in both}


def _across_benchmarks(logs: Sequence[float], confidence: float) -> OurPair:
    if not logs:
        return OurPair("no verdict", None, "the load was the limit, or no round has both")
    found = centre(logs, confidence)
    ratio = from_log(found.mean, found.half_width, len(logs))
    if found.half_width is None:
        return OurPair("no verdict", ratio, _why("no verdict", ratio))
    if abs(found.mean) <= found.half_width:
        return OurPair("no difference detected", ratio, "")
    return OurPair("higher" if found.mean > 0 else "lower", ratio, "")


def _by_round(summary: Summary, cell: Cell) -> dict[int, float]:
    """List a cell's throughput in those rounds that count, as within a benchmark."""
    benchmark = summary.run.plan.suite.benchmark(cell.benchmark)
    disturbed = excluded_rounds(summary.run, benchmark).rounds
    return {
        measurement.trial.round: window_throughput(measurement.windows)
        for measurement in summary.run.measurements
        if measurement.trial.cell == cell and measurement.trial.round not in disturbed
    }


def _why(verdict: Verdict, ratio: Estimate) -> str:
    if verdict == "not judged":
        return "the control differs from itself by more than half as much"
    if verdict != "no verdict":
        return ""
    if ratio.rounds < ROUNDS_FOR_VERDICT:
        return f"{ratio.rounds} of the {ROUNDS_FOR_VERDICT} rounds that a verdict takes"
    return "the load was the limit of both"


def find_row(summary: Summary, cell: Cell) -> tuple[Table, Row] | None:
    """Find the row of a stack in a benchmark, with its table; None where the run has none."""
    for table in summary.tables:
        for row in table.rows:
            if (table.benchmark.name, row.stack.name) == (cell.benchmark, cell.stack):
                return table, row
    return None
