"""What a table shows, in every format alike: figures, columns, marks and footnotes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from timetrial.analysis.config_labels import version
from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.analysis.statistics.design import LOOKS
from timetrial.model import (
    ENGINE,
    KIB,
    MIB,
    NS_PER_MS,
    Benchmark,
    Cell,
    Failure,
    Finding,
    IdleConnections,
    MissingKind,
    OpenLoad,
    Precision,
    Severity,
    SoundRounds,
    Stack,
    StackFacts,
    Suite,
    VirtualUsers,
    When,
    counted,
    listed,
)
from timetrial.model.summary import Estimate, Missing, Row, Summary, Table, Validity
from timetrial.reports.control import control_sentences
from timetrial.reports.figures import NONE, TIMES, Figure, absent, at_least, failed, figure
from timetrial.reports.missing_quantiles import (
    QUANTILES,
    quantile_of,
    why_quantiles_are_missing,
)
from timetrial.reports.parts import IDLE_MEANS, PartView, meanings, parts_view
from timetrial.reports.ranking import RANKS_MEAN, Place, absent_place, places
from timetrial.reports.speed_text import speed_sentences
from timetrial.reports.stream_figures import held_text, stream_figures, with_and_without
from timetrial.reports.tls_text import agreed
from timetrial.reports.verdicts import heavy_tails
from timetrial.reports.workload_text import what_is_asked

UNDER_CONTENTION = "under contention"
"""Follows the name of a duet: its figures are those of two stacks on the same cores."""
SEVERITIES: Sequence[Severity] = ("invalid", "doubtful", "note")


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote about findings of one kind."""

    number: int
    name: str
    severity: Severity
    """The worst of them."""
    texts: tuple[str, ...]
    stacks: tuple[str, ...] = ()
    """That they are about."""


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures of one stack that are alike."""

    stack: str
    rounds: tuple[int, ...]
    phase: str
    reason: str
    log_tail: str

    of_rounds: int
    """How many rounds were planned."""
    benchmarks: tuple[str, ...] = ()
    """The benchmarks in which it failed; empty for all of the stack's."""
    foretold: bool = False
    """Whether the server's manifest says that it fails so."""
    declared_when: When | None = None
    """Under what the manifest says that it fails so: where it is a protocol, it lacks that."""

    @property
    def declared(self) -> bool:
        """Whether nothing was tried, because the manifest says that it fails."""
        return self.phase == "declared"

    @property
    def when(self) -> str:
        where = f"{listed(self.benchmarks)} in " if self.benchmarks else ""
        if len(self.rounds) == self.of_rounds:
            return f"{where}every round"
        return where + listed([str(number) for number in self.rounds], "round ", "rounds ")


@dataclass(frozen=True, slots=True)
class RowView:
    """One stack's line."""

    rank: str
    """Its place in throughput, as '1' or '2–3'; '' without a verdict."""
    name: str
    version: str
    """Of its server; '' where it is not known."""
    shape: str
    """Interface, workers and threads a worker."""
    left: str
    """When it left a race; '' where it stayed."""
    throughput: Figure
    vs_first: Figure
    """Its throughput as a ratio to the first's."""
    latencies_ms: tuple[Figure, ...]
    """In the order of the view's quantiles."""
    cpu_s_per_1000: Figure
    memory_mib: Figure
    failed: str
    held: Figure
    """Of idle connections, as the next two."""
    connection_kib: Figure
    closed: str
    streams: tuple[Figure, ...]
    """Of streams, in the order of `stream_figures.HEADS`; empty for others."""
    marks: tuple[int, ...]
    """Numbers of the notes that are about it."""
    validity: Validity
    row: Row


@dataclass(frozen=True, slots=True)
class TableView:
    """One benchmark, ready to be set."""

    title: str
    conditions: str
    quantiles: tuple[str, ...]
    rows: tuple[RowView, ...]
    notes: tuple[Note, ...]
    remarks: tuple[str, ...]
    """Footnotes without a number: what ranks mean, why a column or a figure is missing."""
    failure_groups: tuple[FailureGroup, ...]
    any_failed: bool
    table: Table
    parts: tuple[PartView, ...] = ()
    """The table beside; empty where response times say all."""

    @property
    def has_streams(self) -> bool:
        """Whether responses were streams."""
        return self.table.benchmark.workload.has_streams

    @property
    def has_ratios(self) -> bool:
        return any(not row.vs_first.missing for row in self.rows)

    @property
    def is_idle(self) -> bool:
        """Whether it is about connections that were held, and not about speed."""
        return isinstance(self.table.benchmark.load, IdleConnections)


def view(summary: Summary, table: Table) -> TableView:
    notes = numbered(table.findings)
    quantiles = tuple(q for q in QUANTILES if any(_present(row, q) for row in table.rows))
    facts = {fact.stack: fact for fact in summary.run.facts}
    ranked = places(table)
    rows = tuple(
        _row(table, row, quantiles, notes, facts, ranked.get(row.stack.name, absent_place()))
        for row in table.rows
    )
    parts = parts_view([(row.row, row.validity.response_time_void) for row in rows])
    return TableView(
        title=title(table.benchmark),
        conditions=conditions(table.benchmark),
        quantiles=quantiles,
        rows=rows,
        notes=tuple(notes.values()),
        remarks=(*_remarks(summary, table, quantiles), *meanings(parts, table.benchmark.driver)),
        failure_groups=failure_groups(summary, table.failures),
        any_failed=any(row.failed for row in table.rows),
        table=table,
        parts=parts,
    )


def title(benchmark: Benchmark) -> str:
    return f"{benchmark.name} ({UNDER_CONTENTION})" if benchmark.mode == "duet" else benchmark.name


def shape(stack: Stack) -> str:
    return f"{stack.interface.upper()} · {stack.workers} {TIMES} {stack.threads}"


def conditions(benchmark: Benchmark) -> str:
    unit = "pair" if benchmark.mode == "duet" else "stack"
    return f"{what_is_measured(benchmark)}, {_length(benchmark)} a {unit} and round"


def what_is_measured(benchmark: Benchmark) -> str:
    """Say what is asked, and under which load."""
    driver = "" if benchmark.driver == ENGINE else f" driven by {benchmark.driver}"
    load = benchmark.load
    asked = what_is_asked(benchmark.workload, by_users=isinstance(load, VirtualUsers))
    of_capacity = load.of_capacity if isinstance(load, OpenLoad) else None
    origin = "" if of_capacity is None else f", {of_capacity}"
    beside = "" if benchmark.beside is None else f", {held_text(benchmark.beside)}"
    return f"{asked}; {benchmark.load_text}{origin}{driver}{beside}"


def _length(benchmark: Benchmark) -> str:
    if benchmark.mode == "whole":
        trials = "one trial" if benchmark.windows == 1 else f"{benchmark.windows} trials"
        return f"{trials} of {benchmark.window_s:g} s"
    at_once = ", two stacks at once," if benchmark.mode == "duet" else ""
    return f"{benchmark.windows} windows of {benchmark.window_s * 1000:g} ms{at_once}"


def failure_groups(summary: Summary, failures: Iterable[Failure]) -> tuple[FailureGroup, ...]:
    """Group failures that are alike; a group has the log of the last one."""
    planned = summary.run.rounds_due()
    alike: dict[tuple[str, str, str], list[Failure]] = {}
    for failure in failures:
        alike.setdefault((failure.stack, failure.phase, failure.reason), []).append(failure)
    return tuple(
        FailureGroup(
            stack,
            tuple(sorted({f.round for f in same})),
            phase,
            reason,
            same[-1].log_tail,
            planned,
            _where(summary.run.plan.suite, stack, same),
            all(summary.run.declares(failure) for failure in same),
            summary.run.declared_when(same[-1]),
        )
        for (stack, phase, reason), same in alike.items()
    )


def _where(suite: Suite, stack: str, failures: Iterable[Failure]) -> tuple[str, ...]:
    """List the benchmarks of failures, unless they are all that the stack takes part in."""
    failed = {failure.benchmark for failure in failures}
    names = [benchmark.name for benchmark in suite.benchmarks if stack in benchmark.stacks]
    if None in failed or failed >= set(names):
        return ()
    return tuple(name for name in names if name in failed)


def _row(  # noqa: PLR0913, PLR0917 - what a line is made of
    table: Table,
    row: Row,
    quantiles: Sequence[str],
    notes: Mapping[str, Note],
    facts: Mapping[str, StackFacts],
    place: Place,
) -> RowView:
    cell = Cell(table.benchmark.name, row.stack.name)
    findings = [finding for finding in table.findings if finding.cell == cell]
    validity = row.validity
    return RowView(
        rank=place.rank,
        name=row.stack.name,
        version=_unsaid(version(row.stack, facts.get(row.stack.name)), row.stack.name),
        shape=shape(row.stack),
        left=_left(row),
        throughput=_throughput(row),
        vs_first=place.vs_first,
        latencies_ms=tuple(
            _unless(quantile_of(row, q), 1 / NS_PER_MS, void=validity.response_time_void)
            for q in quantiles
        ),
        cpu_s_per_1000=_unless(row.cpu_s_per_1000, void=validity.cpu_time_void),
        memory_mib=figure(row.memory_bytes, 1 / MIB),
        failed=f"{row.failed:,}" if row.requests else NONE,
        held=_held(row),
        connection_kib=figure(row.connection_bytes, 1 / KIB),
        closed=f"{row.closed_by_server:,}" if row.requests else NONE,
        streams=stream_figures(row, validity) if table.benchmark.workload.has_streams else (),
        marks=tuple(sorted({notes[finding.name].number for finding in findings})),
        validity=validity,
        row=row,
    )


def _left(row: Row) -> str:
    after = row.dropped_after_round
    return "" if after is None else f"left after round {after}"


def _unsaid(version: str, name: str) -> str:
    """Leave out a version that is in the name of the stack: 'granian-asgi 2.8.5'."""
    return "" if version in name.replace(",", " ").split() else version


def _throughput(row: Row) -> Figure:
    if row.validity.lower_bound and not row.validity.throughput_void:
        return at_least(row.throughput)
    if isinstance(row.throughput, Missing) and not row.requests:
        to_come = row.throughput.kind is MissingKind.NOT_MEASURED_YET
        return (absent if to_come else failed)(row.throughput.reason)
    return _unless(row.throughput, void=row.validity.throughput_void)


def _held(row: Row) -> Figure:
    """Write how many stayed open; none is a figure, too."""
    held = row.connections_held
    if isinstance(held, Missing):
        return Figure("0", None) if row.requests else figure(held)
    # Where all rounds held the same number, the interval says nothing more.
    is_same = held.low is not None and held.high is not None and round(held.high - held.low) == 0
    return figure(replace(held, low=None, high=None) if is_same else held)


def _unless(estimate: Estimate | Missing, scale: float = 1.0, *, void: bool) -> Figure:
    return absent("see the findings") if void else figure(estimate, scale)


def _present(row: Row, quantile: str) -> bool:
    return isinstance(quantile_of(row, quantile), Estimate)


def numbered(findings: Sequence[Finding]) -> dict[str, Note]:
    """Number the findings by kind, the gravest first."""
    worst: dict[str, Severity] = {}
    for severity in reversed(SEVERITIES):
        worst |= {f.name: severity for f in findings if f.severity == severity}
    names = sorted(worst, key=lambda name: SEVERITIES.index(worst[name]))
    stacks = {name: tuple({f.cell.stack: 0 for f in findings if f.name == name}) for name in worst}
    return {
        name: Note(number, name, worst[name], _texts(name, worst[name], findings), stacks[name])
        for number, name in enumerate(names, start=1)
    }


def _texts(name: str, worst: Severity, findings: Sequence[Finding]) -> tuple[str, ...]:
    """Write the findings of one kind, the gravest first, with the severity of the others."""
    alike: dict[tuple[Severity, str], list[str]] = {}
    for finding in findings:
        if finding.name == name:
            alike.setdefault((finding.severity, finding.evidence), []).append(finding.cell.stack)
    return tuple(
        f"{listed(stacks)}{'' if severity == worst else f' ({severity})'}: {evidence}"
        for (severity, evidence), stacks in sorted(
            alike.items(), key=lambda kind: SEVERITIES.index(kind[0][0])
        )
    )


def _remarks(summary: Summary, table: Table, quantiles: Sequence[str]) -> Iterable[str]:
    if isinstance(table.benchmark.load, IdleConnections):
        yield IDLE_MEANS
    elif any(place.rank for place in places(table).values()):
        yield RANKS_MEAN
    else:
        yield _why_no_ranks(summary, table)
    yield from with_and_without(summary, table)
    if not isinstance(table.benchmark.load, IdleConnections):
        yield from why_quantiles_are_missing(table, quantiles)
    yield from agreed(summary.run, table.benchmark)
    yield from control_sentences(table)
    yield from speed_sentences(table)
    yield from heavy_tails(table.comparisons)
    yield from _why_no_further_round(summary, table)
    if table.rows and not any(row.failed for row in table.rows):
        yield "No request failed."


def _why_no_further_round(summary: Summary, table: Table) -> Iterable[str]:
    if isinstance(summary.run.plan.suite.stop_rule, SoundRounds):
        return
    for stop in summary.run.stops:
        if stop.benchmark == table.benchmark.name and stop.after_round < len(
            summary.run.plan.rounds
        ):
            yield f"It ended after {counted(stop.after_round, 'round')}: {stop.reason}."


def _why_no_ranks(summary: Summary, table: Table) -> str:
    compared = [c for c in table.comparisons if c.metric == "throughput"]
    rounds = max((c.ratio.rounds for c in compared), default=0)
    measured = [row for row in table.rows if row.requests]
    decided = not any(comparison.provisional for comparison in compared)
    if len(measured) > 1 and compared and rounds >= ROUNDS_FOR_VERDICT and decided:
        return "The load was the limit of all of these servers: no verdict on requests a second."
    if len(measured) > 1 and compared:
        stop_rule = summary.run.plan.suite.stop_rule
        first = LOOKS[0] if isinstance(stop_rule, Precision) else ROUNDS_FOR_VERDICT
        planned = summary.run.rounds_due(table.benchmark.name)
        return (
            f"Figures without verdicts: {rounds} of {planned} planned rounds are there, a verdict "
            f"takes {first}."
        )
    return "There are no two stacks to compare in requests a second."
