"""A published collection compared with a run of ours: the same rows, both figures.

Hardware differs, and with it every figure: only ratios between rows are compared.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from timetrial.features.published import our_results
from timetrial.features.published.by_driver import drivers
from timetrial.features.published.claims import JudgedClaim, judge_claims
from timetrial.features.published.collection import Collection, Pair
from timetrial.features.published.detectors import judge
from timetrial.features.published.our_results import OurPair, pairs
from timetrial.features.published.rank import RankCorrelation, spearman
from timetrial.features.published.row import Caveat, JudgedRow, PublishedRow
from timetrial.features.published.row_order import Direction, Noise, direction, rerun_noise
from timetrial.features.published.tool_comparison import ToolFigureComparison, compare_tool_figures
from timetrial.model import ENGINE, Cell, DriverName
from timetrial.model.summary import Estimate, Missing, Summary

Agreement = Literal["same direction", "opposite", "cannot tell", "not measured"]


@dataclass(frozen=True, slots=True)
class PairComparison:
    """Two rows of one benchmark in one document, and our figures of the same pair."""

    document: str
    benchmark: str
    one: str
    other: str
    """Names of stacks."""
    theirs: Direction
    """Of `one` against `other`, as that of `ours`."""
    ours: OurPair
    agreement: Agreement


def all_pairs(
    rows: Sequence[JudgedRow], noise: Noise, summary: Summary
) -> tuple[PairComparison, ...]:
    """Compare every pair of rows within a benchmark with ours, in the order of the rows.

    A pair whose rows are both printed again in a later document comes once.
    """
    published = tuple(_pairs(rows))
    ours = pairs(summary, [Pair(one.row.cell, other.row.cell) for one, other in published])
    comparisons = []
    for (one, other), our in zip(published, ours, strict=True):
        theirs = direction(one, other, noise)
        comparisons.append(
            PairComparison(
                document=one.row.document,
                benchmark=one.row.cell.benchmark,
                one=one.row.cell.stack,
                other=other.row.cell.stack,
                theirs=theirs,
                ours=our,
                agreement=agreement(theirs, our),
            )
        )
    return tuple(comparisons)


def agreement(theirs: Direction, ours: OurPair) -> Agreement:
    """Say whether a published pair and ours have the same direction."""
    if ours.verdict == "not measured":
        return "not measured"
    if theirs.heading == "cannot tell" or ours.verdict not in {"higher", "lower"}:
        return "cannot tell"
    return "same direction" if theirs.heading == ours.verdict else "opposite"


def _pairs(rows: Sequence[JudgedRow]) -> Iterator[tuple[JudgedRow, JudgedRow]]:
    pairs_seen = set()
    for one, other in itertools.combinations(rows, 2):
        a, b = one.row, other.row
        alike = (a.document, a.cell.benchmark) == (b.document, b.cell.benchmark)
        identity = frozenset({(a.cell, a.figures), (b.cell, b.figures)})
        if alike and a.cell != b.cell and identity not in pairs_seen:
            pairs_seen.add(identity)
            yield one, other


Group = tuple[str, str]
"""Rows that were measured alike: of one document and one benchmark."""


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One published row and our cell."""

    row: PublishedRow
    doubts: tuple[Caveat, ...]
    throughput: Estimate | Missing
    """Ours: correct responses a second."""
    p50_ns: Estimate | Missing
    """Ours."""
    their_ratio: float | None
    """Throughput over that of the group's first line where neither figure is void or missing."""
    our_ratio: float | None
    tool: tuple[ToolFigureComparison, ...] = ()
    """The figures of the tool that printed the row, where the same tool drove here."""


@dataclass(frozen=True, slots=True)
class PublishedComparison:
    """The whole comparison."""

    suite: str
    title: str
    lines: tuple[ComparedRow, ...]
    noise: Noise
    within_benchmarks: RankCorrelation | None
    """Of throughput relative to the mean of its benchmark: do servers keep their order?"""
    across_rows: RankCorrelation | None
    """Of throughput as it is: mostly, which workloads are heavy."""
    pairs: tuple[PairComparison, ...]
    claims: tuple[JudgedClaim, ...]
    driver: DriverName = ENGINE
    """What drove here."""


def compare_with_published(
    collection: Collection, summary: Summary, others: Iterable[PublishedRow] = ()
) -> PublishedComparison:
    """Judge the published rows and compare them with a run.

    `others` are rows of other collections, for their rerun noise. Of a run with several load
    generators, `by_driver.of_driver` selects one.
    """
    judged = judge(collection.rows)
    noise = rerun_noise(collection.rows, others)
    usable = _usable(judged, summary)
    return PublishedComparison(
        suite=collection.suite,
        title=collection.title,
        lines=tuple(_lines(judged, summary)),
        noise=noise,
        within_benchmarks=_within_benchmarks(usable, summary),
        across_rows=spearman(
            [row.requests_per_s for row in usable], [_our(summary, row) for row in usable]
        ),
        pairs=all_pairs(judged, noise, summary),
        claims=judge_claims(collection.claims, judged, noise, summary),
        driver=next(iter(drivers(summary)), ENGINE),
    )


def _lines(judged: Sequence[JudgedRow], summary: Summary) -> Iterable[ComparedRow]:
    first: dict[Group, tuple[float, float]] = {}
    for judged_row in judged:
        row, our = judged_row.row, our_results.throughput(summary, judged_row.row.cell)
        theirs = None if judged_row.is_void("throughput") else row.requests_per_s
        both = (theirs, our.value) if theirs and isinstance(our, Estimate) else None
        reference = first.setdefault(_group(row), both) if both else first.get(_group(row))
        yield ComparedRow(
            row,
            judged_row.doubts,
            our,
            our_results.p50(summary, row.cell),
            theirs / reference[0] if theirs and reference else None,
            our.value / reference[1] if isinstance(our, Estimate) and reference else None,
            compare_tool_figures(summary, row),
        )


def _usable(judged: Sequence[JudgedRow], summary: Summary) -> list[PublishedRow]:
    """List the rows with two valid figures, each cell once."""
    cells: dict[Cell, PublishedRow] = {}
    for judged_row in judged:
        cell = judged_row.row.cell
        if judged_row.is_void("throughput") or our_results.is_bound(summary, cell):
            continue
        if isinstance(our_results.throughput(summary, cell), Estimate):
            cells.setdefault(cell, judged_row.row)
    return list(cells.values())


def _within_benchmarks(rows: Sequence[PublishedRow], summary: Summary) -> RankCorrelation | None:
    """Correlate figures relative to the mean of their group.

    In each group one figure follows from the rest. All groups but one lose it: with a single group
    the result is the plain coefficient.
    """
    theirs: list[float] = []
    our: list[float] = []
    groups = 0
    for _, members in itertools.groupby(sorted(rows, key=_group), key=_group):
        alike = list(members)
        if len(alike) > 1:
            groups += 1
            theirs += _centred([row.requests_per_s for row in alike])
            our += _centred([_our(summary, row) for row in alike])
    return spearman(theirs, our, lost=max(0, groups - 1))


def _centred(figures: Sequence[float]) -> list[float]:
    logs = [math.log(figure) for figure in figures]
    mean = statistics.fmean(logs)
    return [log - mean for log in logs]


def _our(summary: Summary, row: PublishedRow) -> float:
    throughput = our_results.throughput(summary, row.cell)
    assert isinstance(throughput, Estimate)  # noqa: S101 - chosen by that
    return throughput.value


def _group(row: PublishedRow) -> Group:
    return row.document, row.cell.benchmark
