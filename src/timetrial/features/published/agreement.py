"""Pairs of published rows beside ours: does the faster one stay the faster one?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from timetrial.features.published.caveat import JudgedRow
from timetrial.features.published.collection import Pair
from timetrial.features.published.noise import Noise
from timetrial.features.published.our_results import OurPair, pairs
from timetrial.features.published.row_order import Direction, direction
from timetrial.model.summary import Summary

Agreement = Literal["same direction", "opposite", "cannot tell", "not measured"]


@dataclass(frozen=True, slots=True)
class PairComparison:
    """Two rows of one benchmark in one document, and what a run of ours says on them."""

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
    """Put every pair of rows within a benchmark beside ours, in the order of the rows.

    A pair of which both rows are printed again in a later document comes once.
    """
    found = tuple(_pairs(rows))
    ours = pairs(summary, [Pair(one.row.cell, other.row.cell) for one, other in found])
    return tuple(
        _pair_comparison(one, other, direction(one, other, noise), our)
        for (one, other), our in zip(found, ours, strict=True)
    )


def agreement(theirs: Direction, ours: OurPair) -> Agreement:
    if ours.verdict == "not measured":
        return "not measured"
    if theirs.heading == "cannot tell" or ours.verdict not in {"higher", "lower"}:
        return "cannot tell"
    return "same direction" if theirs.heading == ours.verdict else "opposite"


def _pairs(rows: Sequence[JudgedRow]) -> Iterator[tuple[JudgedRow, JudgedRow]]:
    seen = set()
    for one, other in itertools.combinations(rows, 2):
        a, b = one.row, other.row
        alike = (a.document, a.cell.benchmark) == (b.document, b.cell.benchmark)
        identity = frozenset({(a.cell, a.figures), (b.cell, b.figures)})
        if alike and a.cell != b.cell and identity not in seen:
            seen.add(identity)
            yield one, other


def _pair_comparison(
    one: JudgedRow, other: JudgedRow, theirs: Direction, ours: OurPair
) -> PairComparison:
    return PairComparison(
        document=one.row.document,
        benchmark=one.row.cell.benchmark,
        one=one.row.cell.stack,
        other=other.row.cell.stack,
        theirs=theirs,
        ours=ours,
        agreement=agreement(theirs, ours),
    )
