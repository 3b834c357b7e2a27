"""Runs in a database: every record is on disk when the call that adds it returns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from sqlalchemy import (
    Connection,
    Engine,
    RowMapping,
    ScalarSelect,
    Table,
    func,
    select,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from timetrial.model import (
    DIGEST_VERSION,
    CountedStack,
    Counting,
    DroppedStack,
    Experiment,
    Failure,
    Machine,
    Measurement,
    Plan,
    Run,
    RunDigest,
    StackConfiguration,
    StackFacts,
    StackLife,
    StopDecision,
    StoreError,
    UncountedStack,
)
from timetrial.store import document, records, tables
from timetrial.store.checksums import check
from timetrial.store.damage import reason
from timetrial.store.engines import can_be_made_later, connect, is_read_only
from timetrial.store.intake import short
from timetrial.store.migrations import is_current, migrate
from timetrial.store.payloads import (
    CONFIGURATION,
    DIGEST,
    EXPERIMENT,
    FACTS,
    FAILURE,
    LIFE,
    MACHINE,
    MEASUREMENT,
    PAYLOAD_VERSION,
    PLAN,
    STOP,
)
from timetrial.store.records import read_records

_COUNTINGS = (CountedStack, UncountedStack)


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run in a list of runs."""

    number: int
    created_at: str
    """ISO 8601, UTC."""
    timetrial_version: str
    suite: str
    trials_planned: int
    trials_measured: int
    failures: int


class Store:
    """The runs of one database. `Store.open(…)` is a context manager."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_read_only = is_read_only(engine.url)
        """Whether a copy of it is open, whose changes are nowhere afterwards."""
        self._is_current = False
        """Whether it is known to have all its tables."""

    @classmethod
    def open(cls, url_or_path: str | Path, *, made_when_used: bool = False) -> Store:
        """Open a store; refuse one that is newer or broken.

        One that is not there is made at once, or with its first record (`made_when_used`): a file
        whose folder is there then does not come to be where nothing is stored.
        """
        store = cls(connect(url_or_path))
        try:
            if not (made_when_used and can_be_made_later(store._engine.url)):
                store._bring_up_to_date()
        except BaseException:
            store.close()
            raise
        return store

    def _bring_up_to_date(self) -> None:
        self._is_current = True
        try:
            with self._transaction() as connection:
                current = is_current(connection)
            if not current:
                with self._transaction(writes=True, lasting=False) as connection:
                    migrate(connection)
        except BaseException:
            self._is_current = False
            raise

    def beside(self, store: Store) -> Store:
        """Return another store, for records as those of this one."""
        del self
        return store

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def require_writable(self) -> None:
        """Raise StoreError for a store of which only a copy can be changed."""
        if self._is_read_only:
            where = self._engine.url.render_as_string(hide_password=True)
            raise StoreError(f"the store {where} cannot be written: it is read-only")

    def create_run(
        self,
        plan: Plan,
        machine: Machine,
        facts: Sequence[StackFacts],
        version: str,
        created_at: str,
    ) -> int:
        """Begin a run and return its number. `created_at` is ISO 8601, UTC."""
        row = {
            "created_at": created_at,
            "timetrial_version": version,
            "suite": plan.suite.name,
            "trials_planned": sum(1 for _ in plan.trials()),
            "payload_version": PAYLOAD_VERSION,
            "plan": PLAN.write(plan),
            "machine": MACHINE.write(machine),
            "facts": FACTS.write(tuple(facts)),
        }
        with self._transaction(writes=True) as connection:
            return records.insert_run(connection, row)

    def add_trial(self, run: int, measurement: Measurement) -> None:
        """Store the result of a trial; each trial of a run can be added once."""
        trial = measurement.trial
        self._insert(
            tables.trials,
            run,
            MEASUREMENT.write(measurement),
            round=trial.round,
            benchmark=trial.cell.benchmark,
            stack=trial.cell.stack,
        )

    def add_failure(self, run: int, failure: Failure) -> None:
        self._insert(tables.failures, run, FAILURE.write(failure))

    def add_life(self, run: int, life: StackLife) -> None:
        self._insert(tables.lives, run, LIFE.write(life))

    def add_experiment(self, run: int, experiment: Experiment) -> None:
        self._insert(tables.experiments, run, EXPERIMENT.write(experiment))

    def add_counting(self, run: int, counting: Counting) -> None:
        self._insert(tables.experiments, run, EXPERIMENT.write(counting))

    def add_configuration(self, run: int, configuration: StackConfiguration) -> None:
        """Store the effective configuration of a stack; each stack of a run has one."""
        text = CONFIGURATION.write(configuration)
        self._insert(tables.configurations, run, text, stack=configuration.stack)

    def add_stop(self, run: int, stop: StopDecision) -> None:
        """Store that no further round of a benchmark is due, and the fewer planned trials."""
        self._add_decision(run, stop)

    def add_dropped(self, run: int, dropped: DroppedStack) -> None:
        """Store that no further round of a benchmark is due for a stack."""
        self._add_decision(run, dropped)

    def _add_decision(self, run: int, decision: StopDecision | DroppedStack) -> None:
        self._insert(tables.stops, run, STOP.write(decision))
        due = len(self.load(run).due())
        with self._transaction(writes=True) as connection:
            records.plan_fewer_trials(connection, run, due)

    def export(self, number: int | Literal["latest"]) -> document.Document:
        """Return a run, as far as it has got, as one document for JSON."""
        with self._transaction() as connection:
            return document.written(connection, dict(records.checked_run_row(connection, number)))

    def add_document(self, exported: object) -> int:
        """Add a run exported by another store; return its number here.

        Raises BadInput for an invalid document, and for a run that this store has.
        """
        whole = document.checked(exported)
        with self._transaction(writes=True) as connection:
            return document.read_into(connection, whole)

    def keep_digest(self, digest: RunDigest) -> None:
        """Store the digest of a finished run, replacing an older one."""
        with self._transaction(writes=True, lasting=False) as connection:
            records.keep_one(connection, tables.digests, digest.run, DIGEST.write(digest))

    def digests(self) -> tuple[RunDigest, ...]:
        """Read all digests of the current version, in the order of their runs.

        Damaged ones are left out, as they can be made again.
        """
        table = tables.digests
        with self._transaction() as connection:
            rows = connection.execute(select(table).order_by(table.c.run)).mappings()
            digests = list(map(_digest, rows))
            return tuple(found for found in digests if found and found.version == DIGEST_VERSION)

    def load(self, number: int | Literal["latest"]) -> Run:
        """Read a run as far as it has got, as of one moment.

        Raises StoreError, which names run and record, for a record that cannot be read.
        """
        with self._transaction() as connection:
            row = records.checked_run_row(connection, number)
            run: int = row["number"]
            version: int = row["payload_version"]
            decisions = read_records(connection, tables.stops, run, STOP)
            experiments = read_records(connection, tables.experiments, run, EXPERIMENT)
            return Run(
                number=run,
                created_at=row["created_at"],
                timetrial_version=row["timetrial_version"],
                plan=records.named(run, "plan", PLAN, row["plan"], version),
                machine=records.named(run, "machine", MACHINE, row["machine"], version),
                facts=records.named(run, "facts", FACTS, row["facts"], version),
                measurements=read_records(connection, tables.trials, run, MEASUREMENT),
                failures=read_records(connection, tables.failures, run, FAILURE),
                lives=read_records(connection, tables.lives, run, LIFE),
                configurations=read_records(connection, tables.configurations, run, CONFIGURATION),
                stops=tuple(each for each in decisions if isinstance(each, StopDecision)),
                dropped=tuple(each for each in decisions if isinstance(each, DroppedStack)),
                experiments=tuple(e for e in experiments if not isinstance(e, _COUNTINGS)),
                countings=tuple(e for e in experiments if isinstance(e, _COUNTINGS)),
            )

    def delete(self, number: int) -> None:
        """Remove a run and all its records. Its number is not given again."""
        with self._transaction(writes=True) as connection:
            records.delete_run(connection, number)

    def damaged_runs(self) -> dict[int, str]:
        """Name all runs that are not as they were written, each with what is wrong.

        Checksums are compared, and nothing else is read from the records.
        """
        with self._transaction() as connection:
            numbers = list(connection.scalars(select(tables.runs.c.number)))
        return {number: why for number in numbers if (why := self._damage(number)) is not None}

    def _damage(self, number: int) -> str | None:
        try:
            with self._transaction() as connection:
                records.checked_run_row(connection, number)
                for table in tables.RECORDS:
                    for _row in records.rows_of(connection, table, number):
                        pass
        except StoreError as error:
            return reason(number, error)
        return None

    def list_runs(self) -> tuple[RunLine, ...]:
        """List all runs, the newest first."""
        with self._transaction() as connection:
            rows = connection.execute(
                select(
                    tables.runs.c.number,
                    tables.runs.c.created_at,
                    tables.runs.c.timetrial_version,
                    tables.runs.c.suite,
                    tables.runs.c.trials_planned,
                    _count(tables.trials).label("trials_measured"),
                    _count(tables.failures).label("failures"),
                ).order_by(tables.runs.c.number.desc())
            )
            return tuple(RunLine(**row) for row in rows.mappings())

    def _insert(self, table: Table, run: int, payload: str, **columns: int | str) -> None:
        row = {"payload_version": PAYLOAD_VERSION, "payload": payload, **columns}
        with self._transaction(writes=True) as connection:
            try:
                records.insert_records(connection, table, run, [row])
            except IntegrityError as error:
                what = ", ".join(f"{key} {value}" for key, value in columns.items())
                raise StoreError(
                    f"run {run} is not in the store, or has this already: {what or table.name}"
                ) from error

    @contextmanager
    def _transaction(self, *, writes: bool = False, lasting: bool = True) -> Iterator[Connection]:
        """Begin a transaction; what is not `lasting` can be made again when it is read."""
        if writes and lasting:
            self.require_writable()
        if not self._is_current:
            self._bring_up_to_date()
        try:
            with self._engine.connect() as connection:
                connection.execution_options(writes=writes)
                if writes and self._engine.dialect.name == "postgresql":
                    # After a wait for another writer, this transaction must see what that wrote.
                    connection.execution_options(isolation_level="READ COMMITTED")
                with connection.begin():
                    yield connection
        except (SQLAlchemyError, UnicodeDecodeError) as error:
            # The second: the driver quotes a damaged name in its message.
            cause = short(" ".join(str(getattr(error, "orig", None) or error).split()), 120)
            where = self._engine.url.render_as_string(hide_password=True)
            raise StoreError(f"the store {where} cannot be used: {cause}") from error


def _digest(row: RowMapping) -> RunDigest | None:
    version = row["payload_version"]
    try:
        check(tables.digests, row)
        return DIGEST.read(row["payload"], version)
    except StoreError:
        if isinstance(version, int) and version > PAYLOAD_VERSION and row["checksum"] is None:
            raise
        return None


def _count(table: Table) -> ScalarSelect[int]:
    return select(func.count()).where(table.c.run == tables.runs.c.number).scalar_subquery()
