"""What the page of a race shows, decided once for terminal and HTML: one line a server."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from timetrial.analysis.checks import closed_loop_ceiling
from timetrial.analysis.recommendation import Recommendation, recommend
from timetrial.analysis.statistics.quantile import TAIL_RESPONSES, TAIL_ROUNDS
from timetrial.features.race import per_core_text
from timetrial.features.race.text import Advice, advice, excluded_text, limits
from timetrial.model import NS_PER_MS, NS_PER_S, Deployment, Finding, RaceInfo
from timetrial.model.summary import Estimate, Missing, Summary, Table
from timetrial.reports.control import alarms, control_sentences
from timetrial.reports.figures import NONE, Figure, absent, figure
from timetrial.reports.speed_text import speed_sentences
from timetrial.reports.stream_figures import HEADS as STREAM_HEADS
from timetrial.reports.table_view import (
    FailureGroup,
    Note,
    RowView,
    TableView,
    failure_groups,
    numbered,
    view,
)
from timetrial.reports.workload_text import what_is_asked


@dataclass(frozen=True, slots=True)
class Line:
    """One server."""

    row: RowView
    """In the benchmark of capacity."""
    latencies_ms: tuple[Figure, ...]
    """In the order of the page's heads."""
    start_s: Figure
    failed: str
    """Requests, in all benchmarks."""
    marks: tuple[int, ...]
    recommended: bool
    per_core: Figure
    """Requests a second of CPU time."""


@dataclass(frozen=True, slots=True)
class RacePage:
    title: str
    conditions: tuple[str, ...]
    latency_heads: tuple[tuple[str, str], ...]
    """'p99' and 'at 50%'; response times in ms."""
    lines: tuple[Line, ...]
    notes: tuple[Note, ...]
    failure_groups: tuple[FailureGroup, ...]
    remarks: tuple[str, ...]
    excluded_servers: tuple[str, ...]
    """The servers that did not take part, a sentence for each reason."""
    choice: Recommendation
    advice: Advice
    commands: tuple[Deployment, ...]
    """How to run what is recommended."""
    limits: tuple[str, ...]
    """Under which conditions all of this holds, in paragraphs."""

    @property
    def stream_heads(self) -> tuple[tuple[str, str], ...]:
        """Name and unit of what rows show of streams; empty for other requests."""
        return STREAM_HEADS if any(line.row.streams for line in self.lines) else ()

    @property
    def by_core(self) -> bool:
        """Whether capacity per core decided, so that it is shown."""
        return bool(self.choice.per_core)


def race_page(summary: Summary) -> RacePage | None:
    """Lay the page out; None for a run that was no race."""
    suite = summary.run.plan.suite
    race_info, choice = suite.race_info, recommend(summary)
    if race_info is None or choice is None:
        return None
    tables = {table.benchmark.name: table for table in summary.tables}
    capacity = tables[race_info.capacity]
    latency = [tables[name] for name in race_info.latency if name in tables]
    findings = _findings(summary, race_info)
    notes = numbered(findings)
    shown = view(summary, capacity)
    columns = tuple(_columns(latency))
    return RacePage(
        title=suite.title,
        conditions=tuple(_conditions(capacity, latency)),
        latency_heads=tuple((quantile, _name(table)) for table, quantile in columns),
        lines=tuple(
            _line(summary, row, columns, findings, choice)
            for row in _by_what_decided(shown.rows, choice)
        ),
        notes=tuple(map(_shortened, notes.values())),
        failure_groups=failure_groups(summary, summary.run.failures),
        remarks=tuple(_remarks(summary, shown, latency, choice)),
        excluded_servers=tuple(excluded_text(race_info.excluded_servers)),
        choice=choice,
        advice=advice(summary, choice),
        commands=tuple(_commands(race_info, choice)),
        limits=tuple(filter(None, limits(summary, race_info))),
    )


_QUANTILES = ("p50", "p99")
_MOST_TEXTS = 3
"""Of one kind of note."""
_Column = tuple[Table, str]
"""A benchmark and a quantile."""


def _columns(latency: Sequence[Table]) -> Iterator[_Column]:
    """List the columns in which any server has a figure."""
    for table in latency:
        for quantile in _QUANTILES:
            if any(not _latency(table, quantile, row.stack.name).missing for row in table.rows):
                yield table, quantile


def _name(table: Table) -> str:
    return table.benchmark.name.replace("-", " ")


def _conditions(capacity: Table, latency: Sequence[Table]) -> Iterator[str]:
    benchmark = capacity.benchmark
    asked, load = what_is_asked(benchmark.workload), benchmark.load_text
    yield f"{asked}; {load} for capacity, CPU time and memory"
    for table in latency:
        yield f"{_name(table)}: {table.benchmark.load}"


def _findings(summary: Summary, race_info: RaceInfo) -> list[Finding]:
    """List the findings of all benchmarks; all but those of capacity name their benchmark.

    The bound that a rate puts on throughput is left out: it is the load's purpose.
    """
    return [
        finding
        if table.benchmark.name == race_info.capacity
        else dataclasses.replace(finding, evidence=f"{table.benchmark.name}: {finding.evidence}")
        for table in summary.tables
        for finding in table.findings
        if table.benchmark.name == race_info.capacity or finding.name != closed_loop_ceiling.NAME
    ]


def _shortened(note: Note) -> Note:
    """Shorten a note with many texts to its first: the tables of the benchmarks have them all."""
    if len(note.texts) <= _MOST_TEXTS:
        return note
    more = f"Likewise in {len(note.texts) - 1} more cases: the report has them all, by benchmark."
    return dataclasses.replace(note, texts=(note.texts[0], more))


def _line(
    summary: Summary,
    row: RowView,
    columns: Sequence[_Column],
    findings: Sequence[Finding],
    choice: Recommendation,
) -> Line:
    name = row.name
    notes = numbered(findings)
    marks = {notes[finding.name].number for finding in findings if finding.cell.stack == name}
    rows = [
        stack_row
        for table in summary.tables
        for stack_row in table.rows
        if stack_row.stack.name == name
    ]
    failed, requests = sum(r.failed for r in rows), sum(r.requests for r in rows)
    return Line(
        row=row,
        latencies_ms=tuple(_latency(table, quantile, name) for table, quantile in columns),
        start_s=_start(summary, name),
        failed=f"{failed:,}" if requests else NONE,
        marks=tuple(sorted(marks)),
        recommended=choice.kind in {"one", "any"} and name in choice.stacks,
        per_core=_per_core(choice, name),
    )


def _by_what_decided(rows: Sequence[RowView], choice: Recommendation) -> Sequence[RowView]:
    """Order rows by capacity per core, without ranks, if the best of them has no throughput."""
    first = next((row for row in rows if row.name in choice.stacks[:1]), None)
    if choice.basis != "capacity_per_core" or first is None or not first.throughput.missing:
        return rows
    per_core = {each.stack: each.requests_per_s.value for each in choice.per_core}
    no_ratio = absent("capacity per core decided")
    return [
        dataclasses.replace(row, rank="", vs_first=no_ratio)
        for row in sorted(rows, key=lambda row: -per_core.get(row.name, 0.0))
    ]


def _per_core(choice: Recommendation, stack: str) -> Figure:
    found = next((each.requests_per_s for each in choice.per_core if each.stack == stack), None)
    return absent("its CPUs were not busy") if found is None else figure(found)


def _latency(table: Table, quantile: str, stack: str) -> Figure:
    row = next((stack_row for stack_row in table.rows if stack_row.stack.name == stack), None)
    if row is None:
        return absent("it did not get that far")
    if row.validity.response_time_void:
        return absent("see the notes")
    return figure(row.p50_ns if quantile == "p50" else row.p99_ns, 1 / NS_PER_MS)


def _remarks(
    summary: Summary, shown: TableView, latency: Sequence[Table], choice: Recommendation
) -> Iterator[str]:
    yield shown.remarks[0]
    if choice.per_core:
        yield per_core_text.MEANING
    for table in latency:
        yield from _why_missing(table)
    yield from control_sentences(shown.table)
    yield from speed_sentences(shown.table)
    for table in latency:
        yield from alarms(table)
    if summary.run.measurements and not any(r.failed for t in summary.tables for r in t.rows):
        yield "No request failed."


def _why_missing(table: Table) -> Iterator[str]:
    """Say why response times are not shown, and what they would take."""
    measured = [row for row in table.rows if row.requests]
    void = [row for row in measured if row.validity.response_time_void]
    if void:
        yield (
            f"{_name(table)}: response times of {len(void)} of {len(measured)} servers are not "
            f"shown, the notes say why."
        )
    span = sorted(
        row.requests
        for row in measured
        if row not in void and isinstance(row.p99_ns, Missing) and row.p99_ns.needs_more_responses
    )
    if span:
        counts = f"{span[0]:,}" if span[0] == span[-1] else f"{span[0]:,} to {span[-1]:,}"
        yield (
            f"{_name(table)}: too few responses for the p99 of {len(span)} of "
            f"{len(measured)} servers, which takes {TAIL_RESPONSES} beyond it, in "
            f"{TAIL_ROUNDS} rounds (n = {counts}): a longer --budget gives it."
        )


def _start(summary: Summary, stack: str) -> Figure:
    """Return the median time from a start to the first correct response, in s."""
    times = [
        (life.ready_ns - life.started_ns) / NS_PER_S
        for life in summary.run.lives
        if life.stack == stack
    ]
    if not times:
        return absent("it never answered")
    return figure(Estimate(statistics.median(times), None, None, len(times)))


def _commands(race_info: RaceInfo, choice: Recommendation) -> Iterator[Deployment]:
    if choice.kind == "undecided":
        return
    by_stack = {deployment.stack: deployment for deployment in race_info.deployments}
    yield from (by_stack[name] for name in choice.stacks if name in by_stack)
