"""Every published row with its status, by a run of each suite, as far as there is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from timetrial.analysis.stopping import taken_s
from timetrial.features.published.by_driver import drivers, of_driver
from timetrial.features.published.claims import JudgedClaim
from timetrial.features.published.collection import Collection
from timetrial.features.published.comparison import compare_with_published
from timetrial.features.published.detectors import judge
from timetrial.features.published.row import JudgedRow, PublishedRow, distinct
from timetrial.features.published.status import STATUSES, CellStatus, absent, cell_status
from timetrial.model import ENGINE, DriverName, Summary


@dataclass(frozen=True, slots=True)
class RowStatus:
    """One published row, and its status here."""

    number: int
    """In its document, counted from 1."""
    judged: JudgedRow
    printed_before: str | None
    """The document that has this very measurement, if it is printed a second time."""
    ours: CellStatus


@dataclass(frozen=True, slots=True)
class DocumentRows:
    """One published document."""

    name: str
    rows: tuple[RowStatus, ...]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The run that rows are compared with."""

    number: int
    created_at: str
    """ISO 8601, UTC."""
    timetrial_version: str
    suite: str
    profile: str
    driver: DriverName
    rounds: int
    trials_planned: int
    trials_measured: int
    failures: int
    complete: bool
    """False if it was interrupted."""
    lasted_s: float | None
    """Seconds with servers running, without pauses of the run; None where none ran."""
    notes: tuple[str, ...]
    """How the suite differs from the published one."""


@dataclass(frozen=True, slots=True)
class CollectionRows:
    """Everything on one suite."""

    suite: str
    title: str
    documents: tuple[DocumentRows, ...]
    printed: int
    """Rows in all documents."""
    measurements: int
    """Without those that are printed a second time."""
    cells: int
    """Different pairs of server and workload among them."""
    run: RunFacts | None
    """None where no run of this suite was given."""
    claims: tuple[JudgedClaim, ...]
    """() without a run."""

    @property
    def once(self) -> tuple[RowStatus, ...]:
        """List each cell once where documents print measurements again, or else all rows."""
        rows = tuple(row for document in self.documents for row in document.rows)
        if self.printed == self.measurements:
            return rows
        return tuple({row.judged.row.cell: row for row in reversed(rows)}.values())[::-1]


def status_of_rows(
    collections: Sequence[Collection], summaries: Mapping[str, Summary]
) -> tuple[CollectionRows, ...]:
    """Give every row its status; `summaries` by the suite of the collection they belong to."""
    return tuple(
        _collection(collection, collections, summaries.get(collection.suite))
        for collection in collections
    )


def count(rows: Iterable[RowStatus]) -> tuple[int, ...]:
    """Count rows by status, in the order of STATUSES."""
    counts = Counter(row.ours.status for row in rows)
    return tuple(counts[status] for status in STATUSES)


def _collection(
    collection: Collection, collections: Sequence[Collection], summary: Summary | None
) -> CollectionRows:
    first = None if summary is None else of_driver(summary, drivers(summary)[0])
    once = distinct(collection.rows)
    return CollectionRows(
        suite=collection.suite,
        title=collection.title,
        documents=tuple(_documents(collection, first)),
        printed=len(collection.rows),
        measurements=len(once),
        cells=len({row.cell for row in once}),
        run=None if first is None else _facts(first),
        claims=() if first is None else _claims(collection, collections, first),
    )


def _documents(collection: Collection, summary: Summary | None) -> list[DocumentRows]:
    judged = judge(collection.rows)
    documents = []
    for name in collection.documents:
        rows_of_document = [row for row in judged if row.row.document == name]
        rows = tuple(
            RowStatus(
                number,
                judged_row,
                _printed_before(judged_row.row, collection.rows),
                absent() if summary is None else cell_status(summary, judged_row.row.cell),
            )
            for number, judged_row in enumerate(rows_of_document, start=1)
        )
        documents.append(DocumentRows(name, rows))
    return documents


def _printed_before(row: PublishedRow, rows: Sequence[PublishedRow]) -> str | None:
    earliest = next(earlier for earlier in rows if earlier.repeats(row))
    return None if earliest is row else earliest.document


def _claims(
    collection: Collection, collections: Sequence[Collection], summary: Summary
) -> tuple[JudgedClaim, ...]:
    others = [row for other in collections if other is not collection for row in other.rows]
    return compare_with_published(collection, summary, others).claims


def _facts(summary: Summary) -> RunFacts:
    run = summary.run
    suite = run.plan.suite
    return RunFacts(
        number=run.number,
        created_at=run.created_at,
        timetrial_version=run.timetrial_version,
        suite=suite.name,
        profile=suite.profile,
        driver=suite.benchmarks[0].driver if suite.benchmarks else ENGINE,
        rounds=run.rounds_due(),
        trials_planned=len(run.due()),
        trials_measured=len(run.measurements),
        failures=len(run.failures),
        complete=summary.complete,
        lasted_s=taken_s(run) if run.lives else None,
        notes=suite.notes,
    )
