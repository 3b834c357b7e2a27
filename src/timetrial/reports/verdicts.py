"""Verdicts as text, metric by metric, with the groups of stacks that share a letter."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.model import COMPARED, METRICS, Comparison, Estimate, Metric, Row, Table, figure_of
from timetrial.reports.figures import Figure, figure
from timetrial.reports.ratios import change

ALL_PAIRS = (
    "All pairs are a family of their own, at 5 % together: intervals here may be wider than those "
    "of the ratios to the first. Pairs of a server that is the best alone have the same interval "
    "in both."
)
MOST_NAMED = 3
"""Pairs; more of them are counted."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One stack's place in a metric."""

    name: str
    letters: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class MetricView:
    """One metric: all stacks, the best first, and all pairs."""

    name: str
    unit: str
    better: str
    stacks: tuple[Ranked, ...]
    comparisons: tuple[Comparison, ...]


def metric_views(table: Table) -> tuple[MetricView, ...]:
    """Set the metrics in which any two stacks were compared."""
    return tuple(
        MetricView(
            METRICS[metric].label,
            METRICS[metric].unit,
            METRICS[metric].better,
            tuple(_ranked(metric, pairs, table.rows)),
            pairs,
        )
        for metric in COMPARED
        if (pairs := tuple(c for c in table.comparisons if c.metric == metric))
    )


def verdict(comparison: Comparison) -> str:
    """Write the verdict of `b` against `a`, with its reservations."""
    return "; ".join([_plain(comparison), *_reservations(comparison)])


def heavy_tails(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Name the ratios that a few outlying rounds have shifted, metric by metric."""
    flagged = (c for c in comparisons if c.heavy_tails)
    for metric, comparisons_of_it in itertools.groupby(flagged, lambda c: c.metric):
        pairs = [f"{c.b} against {c.a} ({_robust(c)})" for c in comparisons_of_it]
        yield (
            f"A few wild rounds carry the ratios in {METRICS[metric].label} of {'; '.join(pairs)}: "
            f"in brackets what they are by an estimate that resists such rounds."
        )


def percent(share: float) -> str:
    """Write a share of 1: '0.8 %', '3.1 %', '42 %'."""
    return f"{100 * share:.{0 if share >= 0.1 else 1}f} %"  # noqa: PLR2004 - two digits are enough


def _plain(comparison: Comparison) -> str:
    match comparison.verdict:
        case "equivalent":
            return f"equivalent within {100 * (comparison.equivalent_within or 0):g} %"
        case "no difference detected" if comparison.max_difference is not None:
            return f"no difference detected, could be up to {percent(comparison.max_difference)}"
        case "no verdict" if comparison.ratio.rounds < ROUNDS_FOR_VERDICT:
            return f"no verdict: {comparison.ratio.rounds} of {ROUNDS_FOR_VERDICT} rounds"
        case "no verdict" if comparison.provisional:
            return "provisional"
        case "not judged":
            return "not judged: less than twice what the same stack differs from itself"
        case plain:
            return plain


def _reservations(comparison: Comparison) -> Iterator[str]:
    if comparison.heavy_tails:
        yield f"heavy tails, {_robust(comparison)} without them"


def _robust(comparison: Comparison) -> str:
    ratio = comparison.robust_ratio or comparison.ratio.value
    return change(Estimate(ratio, None, None, comparison.ratio.rounds))


def _ranked(
    metric: Metric, comparisons: Sequence[Comparison], rows: Sequence[Row]
) -> Iterator[Ranked]:
    compared = {name for pair in comparisons for name in (pair.a, pair.b)}
    ranked = [
        (estimate.value, row)
        for row in rows
        if row.stack.name in compared and isinstance(estimate := figure_of(row, metric), Estimate)
    ]
    ranked.sort(key=lambda entry: entry[0], reverse=METRICS[metric].higher_is_better)
    for _, row in ranked:
        shown = figure(figure_of(row, metric), METRICS[metric].scale)
        yield Ranked(row.stack.name, row.letters.get(metric, ""), shown)
