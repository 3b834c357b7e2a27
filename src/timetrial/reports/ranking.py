"""Ranks of stacks in throughput, and their ratios to the first, by comparisons with the best.

A stack whose interval includes one may be the first, too. How those behind it stand among each
other is by all pairs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from timetrial.analysis.statistics.comparisons import is_significant
from timetrial.model import Comparison, Metric, Table
from timetrial.reports.figures import DASH, NONE, Figure

RANKS_MEAN = (
    "vs first: throughput as a ratio to the first, with 95 % CI; where that includes 1, the stack "
    "may be the first."
)
_DECIMALS = (2, 3, 4, 5)
_SMALL = 0.1
"""Ratios below have one decimal more."""


@dataclass(frozen=True, slots=True)
class Place:
    """A stack's place in a table."""

    rank: str
    """As '1' or '2–3'; '' without a verdict."""
    vs_first: Figure


def with_first(table: Table, metric: Metric = "throughput") -> Mapping[str, Comparison]:
    """Return the comparisons with the best of a metric, by the other stack."""
    return {pair.b: pair for pair in table.with_best if pair.metric == metric}


def places(table: Table) -> Mapping[str, Place]:
    """Rank the stacks that were compared in throughput, by name."""
    pairs = with_first(table)
    if not pairs:
        return {}
    (first,) = {pair.a for pair in pairs.values()}
    decided = any(pair.verdict != "no verdict" for pair in pairs.values())
    better = frozenset(_better(pairs.values())) | frozenset(
        (one, other)
        for one, other in _better(table.comparisons)
        if first not in {one, other} and {one, other} <= pairs.keys()
    )
    names = [first, *pairs]
    behind = {row.stack.name for row in table.rows if row.dropped_after_round is not None}
    behind |= {name for name, pair in pairs.items() if is_significant(pair)}
    better |= {(first, name) for name in behind}
    return {
        name: Place(
            _rank(name, names, better, behind) if decided else "",
            Figure("1", None) if name == first else ratio_figure(pairs[name]),
        )
        for name in names
    }


def ratio_figure(pair: Comparison) -> Figure:
    """Write a ratio with the interval that its verdict is by; without one, the ratio alone.

    Bounds have so many decimals that none rounds to the 1 that it excludes.
    """
    ratio = pair.ratio
    decided = pair.verdict not in {"no verdict", "not judged"}
    bounds = [bound for bound in (ratio.low, ratio.high) if bound is not None and decided]
    least = 1 if ratio.value < _SMALL else 0
    decimals = next(
        (
            n
            for n in _DECIMALS[least:]
            if all(bound == 1 or round(bound, n) != 1 for bound in bounds)
        ),
        _DECIMALS[-1],
    )
    if not is_significant(pair):
        decimals = _DECIMALS[least]
    interval = DASH.join(f"{bound:.{decimals}f}" for bound in bounds)
    return Figure(f"{ratio.value:.{decimals}f}", interval or None)


def absent_place() -> Place:
    return Place("", Figure(NONE, None, "it was not compared"))


def _better(pairs: Iterable[Comparison]) -> Iterable[tuple[str, str]]:
    """Yield pairs in throughput of which the first stack is significantly faster."""
    for pair in pairs:
        if pair.metric == "throughput" and is_significant(pair):
            yield (pair.b, pair.a) if pair.verdict == "higher" else (pair.a, pair.b)


def _rank(
    name: str,
    names: Sequence[str],
    better: frozenset[tuple[str, str]],
    behind: Collection[str],
) -> str:
    """Write from which place to which. Of those `behind` each is behind the first, at least."""
    best = 1
    if name in behind:
        best += max(1, sum((other, name) in better for other in names))
    worst = max(best, len(names) - sum((name, other) in better for other in names))
    return f"{best}" if best == worst else f"{best}{DASH}{worst}"
