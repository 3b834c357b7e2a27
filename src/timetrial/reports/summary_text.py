"""A run in plain English. Without a verdict, no stack is said to be ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from timetrial.analysis.statistics.comparisons import is_significant, ratio_between
from timetrial.model import (
    METRICS,
    QUANTILES,
    ClosedLoad,
    ComparedMetric,
    Estimate,
    Summary,
    Validity,
    figure_of,
    listed,
)
from timetrial.reports.conditions import under_which
from timetrial.reports.drivers import differences, driven_by
from timetrial.reports.headline import headline
from timetrial.reports.not_tried import not_tried
from timetrial.reports.ranking import with_first
from timetrial.reports.ratios import relative
from timetrial.reports.table_view import RowView, TableView, failure_groups, view

_OTHER_METRICS: Sequence[ComparedMetric] = ("p99_ns", "cpu_s_per_1000", "memory_bytes")
_DOUBTS: Sequence[tuple[Callable[[Validity], bool], str]] = (
    (lambda v: v.void, "No figures of {} are shown in {}: the findings say why."),
    (
        lambda v: v.response_time_void and not v.void,
        "Response times of {} are not shown in {}: the findings say why.",
    ),
    (
        lambda v: v.throughput_void and not v.void,
        "Requests a second of {} are not shown in {}: the findings say why.",
    ),
    (
        lambda v: v.plateau and not v.throughput_void,
        (
            "What {} shows in {} is a plateau of delayed acknowledgements, not a speed, and is "
            "left out here."
        ),
    ),
    (
        lambda v: v.lower_bound and not v.throughput_void,
        "{} may be faster in {} than shown: the findings say why.",
    ),
)
"""Doubts about the figures of a stack in some benchmarks, in the order in which they are named."""


def paragraph(summary: Summary) -> str:
    """Return which stack is ahead, where and by how much, what is not known, and the conditions."""
    return " ".join(passages(summary))


def passages(summary: Summary) -> tuple[str, ...]:
    """Give the same sentences in parts: benchmarks, doubts, conditions, drivers."""
    tables = [view(summary, table) for table in summary.tables]
    paragraphs = (
        *([*throughput_verdict(shown), *_other_metrics(shown)] for shown in tables),
        _doubts(summary, tables),
        differences(summary.run),
        under_which(summary),
        *driven_by(summary.run),
    )
    return tuple(filter(None, map(" ".join, paragraphs)))


def throughput_verdict(shown: TableView) -> Iterator[str]:
    """Yield the verdict on the throughput of a benchmark, as it stands above its table."""
    verdict = headline(shown)
    yield f"{shown.title}, {verdict.label.lower()}: {verdict.text}"


def _other_metrics(shown: TableView) -> Iterator[str]:
    # In a closed load, half of the response times say what throughput says.
    medians = () if isinstance(shown.table.benchmark.load, ClosedLoad) else ("p50_ns",)
    for metric in (*medians, *_OTHER_METRICS):
        yield from _least(shown, metric)


def _least(shown: TableView, metric: ComparedMetric) -> Iterator[str]:
    """Compare the stack with the lowest figure with those that differ significantly from it."""
    info = METRICS[metric]
    pairs = {
        name: pair
        for name, pair in with_first(shown.table, metric).items()
        if pair.verdict not in {"no verdict", "not judged"}
    }
    shown_rows = [row for row in shown.rows if not _hides(row, metric)]
    top = next((pair.a for pair in pairs.values()), "")
    rows = [row for row in shown_rows if row.name == top]
    others = sorted(
        (row for row in shown_rows if row.name in pairs), key=lambda row: _value(row, metric)
    )
    if not rows or not others:
        return
    rows += others
    apart = [row for row in others if is_significant(pairs[row.name])]
    tied = [row for row in others if row not in apart]
    if not apart:
        yield f"{info.title}: no detectable difference between {_names(rows)}."
        return
    also = f" (no detectable difference from {_names(tied)})" if tied else ""
    margins = _margins(shown, metric, top, (apart[0], apart[-1]))
    yield f"{info.phrase.lead.format(f'{top}{also}')} {margins}."


def _value(row: RowView, metric: ComparedMetric) -> float:
    figure = figure_of(row.row, metric)
    return figure.value if isinstance(figure, Estimate) else 0.0


def _hides(row: RowView, metric: ComparedMetric) -> bool:
    """Whether the figure of a metric is no property of the stack."""
    return row.validity.plateau and metric in QUANTILES


def _margins(
    shown: TableView, metric: ComparedMetric, stack: str, other_rows: Iterable[RowView]
) -> str:
    """Put the ratios of one stack to some others side by side.

    Those of the first are by the comparisons with the best, others by all pairs.
    """
    phrase = METRICS[metric].phrase
    compared = [
        pair for pair in (*shown.table.with_best, *shown.table.comparisons) if pair.metric == metric
    ]
    parts: list[str] = []
    for other in dict.fromkeys(row.name for row in other_rows):
        ratio = ratio_between(compared, stack, other)
        if ratio is not None:
            of = "" if parts else phrase.of
            parts.append(relative(ratio, than=other, of=of, less=phrase.less))
    return listed(parts)


def _doubts(summary: Summary, tables: Sequence[TableView]) -> Iterator[str]:
    for such, doubt in _DOUBTS:
        for stack, benchmarks in _stacks_that(tables, such).items():
            yield doubt.format(stack, listed(benchmarks))
    for group in failure_groups(summary, summary.run.failures):
        if group.declared:
            yield f"{group.stack} {not_tried(group)} ({group.reason.rstrip('.')})."
            continue
        foretold = ", as its manifest says" if group.foretold else ""
        yield (
            f"{group.stack} failed in {group.when}{foretold} ({group.phase}: "
            f"{group.reason.rstrip('.')})."
        )


def _stacks_that(
    tables: Sequence[TableView], such: Callable[[Validity], bool]
) -> Mapping[str, Sequence[str]]:
    """Return the stacks whose figures are such, each with the benchmarks in which they are."""
    benchmarks: dict[str, list[str]] = {}
    for shown in tables:
        for row in shown.rows:
            if such(row.validity):
                benchmarks.setdefault(row.name, []).append(shown.title)
    return benchmarks


def _names(rows: Iterable[RowView]) -> str:
    return listed([row.name for row in rows])
