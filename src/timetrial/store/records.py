"""The rows of one run: written with their checksums, and held to them when they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar

from sqlalchemy import (
    Connection,
    RowMapping,
    Table,
    bindparam,
    delete,
    false,
    func,
    insert,
    select,
    update,
)

from timetrial.model import StoreError, UnknownName
from timetrial.store import tables
from timetrial.store.checksums import check, checksum_of
from timetrial.store.payloads import PAYLOAD_VERSION, Payload

T = TypeVar("T")

_HIGHEST = 2**31 - 1
"""Of the numbers that an INTEGER of PostgreSQL can be compared with."""

# Statements are made once: to make one takes as long as to execute it.
_TOTALS_OF = select(tables.totals.c.records, tables.totals.c.checksum).where(
    tables.totals.c.run == bindparam("of_run"), tables.totals.c.kind == bindparam("of_kind")
)
_ADD_TO_TOTALS = (
    update(tables.totals)
    .where(tables.totals.c.run == bindparam("of_run"), tables.totals.c.kind == bindparam("of_kind"))
    .values(
        records=tables.totals.c.records + bindparam("more_records"),
        checksum=tables.totals.c.checksum + bindparam("more_checksum"),
    )
)
_ROWS_OF = {
    table.name: select(table).where(table.c.run == bindparam("of_run")).order_by(table.c.id)
    for table in tables.RECORDS
}


def insert_run(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add the row of a run, and return the number that the database gave it."""
    key = connection.execute(insert(tables.runs).values(**row)).inserted_primary_key
    if key is None:
        raise StoreError("the database did not say which number it gave the run")
    number = int(key[0])
    connection.execute(
        insert(tables.totals),
        [{"run": number, "kind": t.name, "records": 0, "checksum": 0} for t in tables.RECORDS],
    )
    _seal(connection, number)
    return number


def plan_fewer_trials(connection: Connection, number: int, planned: int) -> None:
    runs = tables.runs
    connection.execute(update(runs).where(runs.c.number == number).values(trials_planned=planned))
    _seal(connection, number)


def insert_records(
    connection: Connection, table: Table, run: int, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Add records of a run, which have the same columns."""
    if not rows:
        return
    checked = [{**row, "run": run} for row in rows]
    for row in checked:
        row["checksum"] = checksum_of(table, row)
    connection.execute(insert(table), checked)
    checksum = sum(row["checksum"] for row in checked)
    of_kind = {"of_run": run, "of_kind": table.name}
    added = connection.execute(
        _ADD_TO_TOTALS, {**of_kind, "more_records": len(rows), "more_checksum": checksum}
    )
    if not added.rowcount:  # a run of a version without checksums goes on
        count = connection.scalar(select(func.count()).where(table.c.run == run))
        connection.execute(
            insert(tables.totals),
            {"run": run, "kind": table.name, "records": count, "checksum": checksum},
        )


def delete_run(connection: Connection, number: int) -> None:
    """Remove a run and all its records."""
    run_row(connection, number)
    for table in (*tables.RECORDS, tables.digests, tables.totals):
        connection.execute(delete(table).where(table.c.run == number))
    connection.execute(delete(tables.runs).where(tables.runs.c.number == number))


def run_row(connection: Connection, number: int | Literal["latest"]) -> RowMapping:
    """Read the row of a run. Raises UnknownName, or StoreError where it is damaged."""
    runs = tables.runs
    query = select(runs).order_by(runs.c.number.desc()).limit(1)
    if number != "latest":
        query = query.where(runs.c.number == number if abs(number) <= _HIGHEST else false())
    row = connection.execute(query).mappings().first()
    if row is None:
        known = connection.scalars(select(runs.c.number))
        raise UnknownName("run", str(number), [str(n) for n in known])
    return row


def checked_run_row(connection: Connection, number: int | Literal["latest"]) -> RowMapping:
    """Read the row of a run as it was written. Raises UnknownName, StoreError."""
    row = run_row(connection, number)
    try:
        check(tables.runs, row)
    except StoreError as error:
        raise StoreError(f"run {row['number']}: {error}") from error
    return row


def rows_of(connection: Connection, table: Table, run: int) -> Iterator[RowMapping]:
    """Read the records of a run as they were written, in their order.

    Raises StoreError, at the last one where one is lost.
    """
    count = total = 0
    rows = connection.execute(_ROWS_OF[table.name], {"of_run": run})
    for row in rows.mappings():
        try:
            check(table, row)
        except StoreError as error:
            raise StoreError(f"run {run}, {_name(table, row)}: {error}") from error
        count += 1
        total += row["checksum"] or 0
        yield row
    kept = connection.execute(_TOTALS_OF, {"of_run": run, "of_kind": table.name}).first()
    if kept is not None and tuple(kept) != (count, total):
        raise StoreError(
            f"run {run}: its {table.name} are damaged: {count} are there, and {kept.records} were "
            "written"
            if kept.records != count
            else f"run {run}: its {table.name} are damaged: they are not those that were written"
        )


def read_records(
    connection: Connection, table: Table, run: int, payload: Payload[T]
) -> tuple[T, ...]:
    """Read the records of a run. Raises StoreError, which names the run and the record."""
    return tuple(
        named(run, _name(table, row), payload, row["payload"], row["payload_version"])
        for row in rows_of(connection, table, run)
    )


def named(run: int, record: str, payload: Payload[T], text: str, version: int) -> T:
    """Read a payload. Raises StoreError, which names the run and the record."""
    try:
        return payload.read(text, version)
    except StoreError as error:
        raise StoreError(f"run {run}, {record}: {error}") from error


def keep_one(connection: Connection, table: Table, run: int, payload: str) -> None:
    """Store what a run has once, in place of an older one."""
    connection.execute(delete(table).where(table.c.run == run))
    row = {"run": run, "payload_version": PAYLOAD_VERSION, "payload": payload}
    connection.execute(insert(table).values(**row, checksum=checksum_of(table, row)))


def _seal(connection: Connection, number: int) -> None:
    """Store the checksum of a run's row, which covers its number, too."""
    runs = tables.runs
    checksum = checksum_of(runs, run_row(connection, number))
    connection.execute(update(runs).where(runs.c.number == number).values(checksum=checksum))


def _name(table: Table, row: RowMapping) -> str:
    return f"record {row['id']} of {table.name}"
