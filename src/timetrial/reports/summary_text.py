"""A run in plain English. Without a verdict, no stack is said to be ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from timetrial.analysis.statistics.comparisons import (
    ROUNDS_FOR_VERDICT,
    is_significant,
    ratio_between,
)
from timetrial.analysis.statistics.design import LOOKS
from timetrial.model import (
    METRICS,
    QUANTILES,
    ClosedLoad,
    ComparedMetric,
    Comparison,
    Estimate,
    OpenLoad,
    Summary,
    Validity,
    figure_of,
    listed,
)
from timetrial.reports.conditions import under_which
from timetrial.reports.control import alarms
from timetrial.reports.drivers import differences, driven_by
from timetrial.reports.headline import fell_behind
from timetrial.reports.ranking import with_first
from timetrial.reports.ratios import relative
from timetrial.reports.table_view import RowView, TableView, failure_groups, view
from timetrial.reports.verdicts import could_be

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
        *(
            [*throughput_verdict(shown), *_other_metrics(shown), *alarms(shown.table)]
            for shown in tables
        ),
        _doubts(summary, tables),
        differences(summary.run),
        under_which(summary),
        *driven_by(summary.run),
    )
    return tuple(filter(None, map(" ".join, paragraphs)))


def throughput_verdict(shown: TableView) -> Iterator[str]:
    """Yield sentences on which stack of a benchmark has the highest throughput, and by how much."""
    measured = [row for row in shown.rows if not row.throughput.missing]
    bound = [row for row in measured if row.validity.bound_by_client]
    ranked = [row for row in measured if row.rank and not row.validity.plateau]
    if bound:
        yield from _bound_by_client(shown, bound, [row for row in ranked if row not in bound])
    elif ranked:
        yield from _ranking(shown, ranked)
    else:
        yield from _without_verdict(shown, measured)


def _bound_by_client(
    shown: TableView, bound: Sequence[RowView], rest: Sequence[RowView]
) -> Iterator[str]:
    load = shown.table.benchmark.load
    late = [row for row in bound if fell_behind(shown, row)]
    in_time = [row for row in bound if row not in late]
    feat = f"hold{_ending(bound)} all {load}"
    if isinstance(load, OpenLoad):
        feat = f"keep{_ending(in_time)} up with {load.rate_per_s:,g} requests a second"
    if in_time:
        yield (
            f"In {shown.title}, {_names(in_time)} {feat}, and what they answer is set by the "
            "client's shape: it says no more than that."
        )
    if late:
        fewer = f"answer{_ending(late)} fewer requests than fall due"
        yield f"In {shown.title}, {_names(late)} {fewer}."
    if rest:
        verb = "fall" if len(rest) > 1 else "falls"
        best = f"{rest[0].name}, the best of them," if len(rest) > 1 else "it"
        comparable = [row for row in bound if row.validity.throughput_compares][:1]
        margin = _margins(shown, "throughput", rest[0].name, comparable)
        by_how_much = f": {best} answers {margin}" if margin else ""
        yield f"{_names(rest)} {verb} short of that{by_how_much}."


def _ending(rows: Sequence[RowView]) -> str:
    return "" if len(rows) > 1 else "s"


def _ranking(shown: TableView, ranked: Sequence[RowView]) -> Iterator[str]:
    pairs = with_first(shown.table)
    top = next((row for row in ranked if row.name not in pairs), None)
    others = [row for row in ranked if row is not top]
    if top is None or not others:
        yield from _without_verdict(shown, ranked)
        return
    tied = [row for row in others if not is_significant(pairs[row.name])]
    rest = [row for row in others if row not in tied]
    where = f"In {shown.title}"
    if not rest:
        yield f"{where}, {_alike(top, tied, pairs)}."
        return
    lead = (
        f"{where}, {top.name} has the highest figure, with no detectable difference from "
        f"{_names(tied)}{_how_far(tied, pairs)}; it answers"
        if tied
        else f"{where}, {top.name} is ahead: it answers"
    )
    yield f"{lead} {_margins(shown, 'throughput', top.name, (rest[0], rest[-1]))}."


def _alike(top: RowView, tied: Sequence[RowView], pairs: Mapping[str, Comparison]) -> str:
    """Return a clause on a first stack from which no other one differs significantly."""
    of_tied = [pairs[row.name] for row in tied]
    if all(pair.verdict == "equivalent" for pair in of_tied):
        within = max(pair.equivalent_within or 0.0 for pair in of_tied)
        are = "are" if len(tied) > 1 else "is"
        return (
            f"{_names(tied)} {are} equivalent to {top.name}, which has the highest figure, within "
            f"{100 * within:g} % in requests a second"
        )
    how_much = could_be(of_tied)
    ending = f" ({how_much})" if how_much else ""
    between = _names([top, *tied])
    return f"there is no detectable difference in requests a second between {between}{ending}"


def _how_far(tied: Sequence[RowView], pairs: Mapping[str, Comparison]) -> str:
    how_much = could_be([pairs[row.name] for row in tied])
    return f" ({how_much})" if how_much else ""


def _without_verdict(shown: TableView, measured: Sequence[RowView]) -> Iterator[str]:
    if not measured:
        yield f"In {shown.title}, no stack gave a figure."
        return
    top = measured[0]
    rounds = max((c.ratio.rounds for c in shown.table.comparisons), default=0)
    interval = f" [{top.throughput.interval}]" if top.throughput.interval else ""
    answers = (
        f"In {shown.title}, {top.name} answers {top.throughput.text}{interval} requests a second"
    )
    if len(measured) == 1:
        yield f"{answers}; there is no other figure to compare with it."
    elif any(c.provisional for c in shown.table.comparisons):
        look = next((look for look in LOOKS if look > rounds), LOOKS[-1])
        yield (
            f"{answers}, the highest figure, but nothing is decided: the next look comes after "
            f"{look} rounds, {rounds} are there."
        )
    elif rounds < ROUNDS_FOR_VERDICT:
        yield (
            f"{answers}, the highest figure, but nothing is decided: a verdict takes "
            f"{ROUNDS_FOR_VERDICT} rounds, {rounds} are there."
        )
    else:
        yield f"{answers}, the highest figure, but it does not bear comparison."


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
            where = f" in {listed(group.benchmarks)}" if group.benchmarks else ""
            reason = group.reason.rstrip(".")
            yield f"{group.stack} is known to be broken{where} and was not tried ({reason})."
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
