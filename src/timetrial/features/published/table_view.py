"""What the table of published rows shows, decided once for every format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from timetrial.features.published.rows import CollectionRows, RowStatus, RunFacts, count
from timetrial.features.published.status import CellStatus, Status
from timetrial.model import NS_PER_MS, lasting, listed, significant
from timetrial.reports.figures import Figure, at_least, figure

TITLE = "Published rows, and what became of them here"
HOW_TO_READ = (
    "Hardware, versions and load differ between the published rows and these runs, and with them "
    "every figure: compare ratios between rows, never a figure of theirs with one of ours."
)
NO_LOG = "No log was kept: the server ran on to the end of the round."

MEANINGS: dict[Status, str] = {
    "measured": "a figure with its interval, and nothing to be said against it",
    "doubtful": "a figure, and findings that are to be read with it",
    "bound": "the client, the load generator or a service set the figure: the server is at least "
    "as fast",
    "failed": "no figure that counts; the reason, the server's log and the command that does it "
    "again are below",
    "not reached": "driven, but without all the connections or worker processes that were asked "
    "for: its figure does not count",
    "not in this run": "no run of the suite was given, it did not have this row, or it ended "
    "before",
}


@dataclass(frozen=True, slots=True)
class RowLine:
    """One published row, ready to be set."""

    number: int
    stack: str
    benchmark: str
    published: str
    """Requests a second, as printed, rounded."""
    void: bool
    """Whether that figure says nothing of the server."""
    doubts: tuple[str, ...]
    """Names of what is doubted about it."""
    here: Figure
    p50_ms: Figure
    status: Status
    remark: str
    """Why it has that status, and where the row was printed before."""


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """How many rows have which status."""

    name: str
    counts: tuple[int, ...]
    """In the order of STATUSES."""
    rows: int
    is_total: bool = False
    """Whether it is of all documents together."""


@dataclass(frozen=True, slots=True)
class Broken:
    """One failure of a row, and how to reproduce it."""

    row: str
    """As 'daphne in sync/gateway_10s'."""
    status: Status
    phase: str
    when: str
    reason: str
    log_tail: str
    command: str


def line(row: RowStatus) -> RowLine:
    published, ours = row.judged.row, row.ours
    return RowLine(
        number=row.number,
        stack=published.cell.stack,
        benchmark=published.cell.benchmark,
        published=significant(published.requests_per_s),
        void=row.judged.is_void("throughput"),
        doubts=tuple(doubt.name for doubt in row.judged.doubts),
        here=at_least(ours.throughput) if ours.is_least else figure(ours.throughput),
        p50_ms=figure(ours.p50_ns, 1 / NS_PER_MS),
        status=ours.status,
        remark="; ".join(_remarks(row)),
    )


def summary(collections: Sequence[CollectionRows]) -> Iterator[SummaryLine]:
    """Count rows by status: as they are printed, and each once where some are printed again."""
    for collection in collections:
        for document in collection.documents:
            yield _summary_line(document.name, document.rows)
    printed = [
        row
        for collection in collections
        for document in collection.documents
        for row in document.rows
    ]
    yield _summary_line("all that is printed", printed, is_total=True)
    for collection in collections:
        if len(collection.once) < collection.printed:
            yield _summary_line(f"{collection.suite}, each row once", collection.once)
    once = [row for collection in collections for row in collection.once]
    if len(once) < len(printed):
        yield _summary_line("all, each row once", once, is_total=True)


def _summary_line(name: str, rows: Sequence[RowStatus], *, is_total: bool = False) -> SummaryLine:
    return SummaryLine(name, count(rows), len(rows), is_total)


def how_counted(collection: CollectionRows) -> str:
    """Say how many rows there are, and why that is not one number."""
    sizes = [len(document.rows) for document in collection.documents]
    documents = f" ({' + '.join(map(str, sizes))})" if len(sizes) > 1 else ""
    printed, measured, cells = collection.printed, collection.measurements, collection.cells
    lead = f"{collection.suite}: {printed} rows are printed{documents}"
    if again := printed - measured:
        reruns = measured - cells
        differ = f", of which {reruns} {'was' if reruns == 1 else 'were'} measured twice"
        return (
            f"{lead}, {again} of them a second time with the same figures: "
            f"{measured} measurements of {cells} rows{differ if reruns else ''}."
        )
    pairs = f", {cells} different pairs of server and workload" if cells < printed else ""
    return f"{lead}, none of them a second time{pairs}."


def about_run(run: RunFacts | None, suite: str) -> str:
    """Describe the run that rows are compared with, and how long it took."""
    if run is None:
        return f"{suite}: no run was given."
    done = "" if run.complete else ", which was interrupted: the rest is pending"
    took = "" if run.lasted_s is None else f"; its servers were up for {lasting(run.lasted_s)}"
    failures = f", {run.failures} failures" if run.failures else ", no failures"
    return (
        f"{suite}: run {run.number} of {run.created_at} (profile {run.profile}, driven by "
        f"{'the engine' if run.driver == 'engine' else run.driver}, {run.rounds} "
        f"{'round' if run.rounds == 1 else 'rounds'}), {run.trials_measured:,} of "
        f"{run.trials_planned:,} trials measured{failures}{took}{done}."
    )


def broken(collection: CollectionRows) -> tuple[Broken, ...]:
    """List the failures and shortfalls, each cell once."""
    rows = [row for document in collection.documents for row in document.rows]
    cells = {row.judged.row.name: row.ours for row in rows}
    return tuple(
        trouble
        for name, ours in cells.items()
        if ours.status in {"failed", "not reached"} or ours.troubles
        for trouble in _broken(name, ours, collection.run)
    )


def _broken(name: str, ours: CellStatus, run: RunFacts | None) -> Iterator[Broken]:
    rounds = 0 if run is None else run.rounds
    for trouble in ours.troubles:
        every = len(trouble.rounds) == rounds
        numbers = [str(number) for number in trouble.rounds]
        when = "every round" if every else listed(numbers, "round ", "rounds ")
        yield Broken(
            name, ours.status, trouble.phase, when, trouble.reason, trouble.log_tail, ours.command
        )
    if ours.status == "not reached":
        yield Broken(name, ours.status, "measure", "", ours.why, "", ours.command)


def _remarks(row: RowStatus) -> Iterator[str]:
    if row.ours.why:
        yield row.ours.why
    if row.printed_before is not None:
        yield f"printed before in {row.printed_before}"
