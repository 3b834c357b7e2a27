"""Verdicts in words, metric by metric, with the groups that cannot be told apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT, interval_disagrees
from timetrial.model.metrics import COMPARED, METRICS, Metric
from timetrial.model.summary import Comparison, Estimate, Row, Table, figure_of
from timetrial.reports.figures import Figure, figure
from timetrial.reports.ratios import change

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
            tuple(_ranked(metric, own, table.rows)),
            own,
        )
        for metric in COMPARED
        if (own := tuple(c for c in table.comparisons if c.metric == metric))
    )


def verdict(comparison: Comparison) -> str:
    """Write a verdict of `b` against `a`, with all that is to be known of it."""
    return "; ".join([_plain(comparison), *_reservations(comparison)])


def could_be(comparisons: Sequence[Comparison]) -> str:
    """Say how much may lie between stacks that are not told apart: a clause, or ''."""
    known = [each.max_difference for each in comparisons if each.max_difference is not None]
    if not known or len(known) < len(comparisons):
        return ""
    if all(each.verdict == "equivalent" for each in comparisons):
        return f"the difference is {percent(max(known))} at most"
    return f"the difference could be up to {percent(max(known))}"


def disagreements(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Say once for a table where Holm's decision and the printed interval part ways."""
    by_metric = itertools.groupby(filter(interval_disagrees, comparisons), _metric)
    parts = [f"{_which(list(own))} in {METRICS[metric].label}" for metric, own in by_metric]
    if parts:
        yield (
            f"Told apart by Holm's procedure, although the interval of the ratio, wide enough for "
            f"all pairs at once, includes no difference: {'; '.join(parts)}."
        )


def _which(comparisons: Sequence[Comparison]) -> str:
    """Name some pairs, or count them."""
    if len(comparisons) > MOST_NAMED:
        return f"{len(comparisons)} pairs"
    return ", ".join(f"{each.a} and {each.b}" for each in comparisons)


def heavy_tails(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Name the ratios that a few wild rounds have drawn along, metric by metric."""
    flagged = (each for each in comparisons if each.heavy_tails)
    for metric, own in itertools.groupby(flagged, _metric):
        pairs = [f"{each.b} against {each.a} ({_robust(each)})" for each in own]
        yield (
            f"A few wild rounds carry the ratios in {METRICS[metric].label} of {'; '.join(pairs)}: "
            f"in brackets what they are by an estimate that resists such rounds."
        )


def percent(share: float) -> str:
    """Write a share of 1: '0.8 %', '3.1 %', '42 %'."""
    return f"{100 * share:.{0 if share >= 0.1 else 1}f} %"  # noqa: PLR2004 - two digits are enough


def _metric(comparison: Comparison) -> Metric:
    return comparison.metric


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
    if interval_disagrees(comparison):
        yield "by Holm's procedure, although the wider interval includes no difference"
    if comparison.heavy_tails:
        yield f"heavy tails, {_robust(comparison)} without them"


def _robust(comparison: Comparison) -> str:
    ratio = comparison.robust_ratio or comparison.ratio.value
    return change(Estimate(ratio, None, None, comparison.ratio.rounds))


def _ranked(
    metric: Metric, comparisons: Sequence[Comparison], rows: Sequence[Row]
) -> Iterator[Ranked]:
    compared = {name for each in comparisons for name in (each.a, each.b)}
    known = [
        (estimate.value, row)
        for row in rows
        if row.stack.name in compared and isinstance(estimate := figure_of(row, metric), Estimate)
    ]
    known.sort(key=lambda each: each[0], reverse=METRICS[metric].higher_is_better)
    for _, row in known:
        shown = figure(figure_of(row, metric), METRICS[metric].scale)
        yield Ranked(row.stack.name, row.letters.get(metric, ""), shown)
