"""Migrations of a store to the schema of this version: every step once, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection, func, insert, inspect, select

from timetrial.model import StoreError
from timetrial.store.tables import (
    RECORDS,
    configurations,
    digests,
    experiments,
    metadata,
    runs,
    schema_version,
    stops,
    totals,
)

Migration = Callable[[Connection], None]


def _name_benchmarks(connection: Connection) -> None:
    # A new store has that name from the first step.
    if "contest" in {column["name"] for column in inspect(connection).get_columns("trials")}:
        connection.exec_driver_sql("ALTER TABLE trials RENAME COLUMN contest TO benchmark")


def _add_checksums(connection: Connection) -> None:
    for table in (runs, *RECORDS, digests):
        columns = {column["name"] for column in inspect(connection).get_columns(table.name)}
        if "checksum" not in columns:
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN checksum BIGINT")
    totals.create(connection, checkfirst=True)


MIGRATIONS: Sequence[Migration] = (
    metadata.create_all,
    # A new store has these tables from the first step.
    *(
        partial(table.create, checkfirst=True)
        for table in (configurations, stops, digests, experiments)
    ),
    _name_benchmarks,
    _add_checksums,
)
"""The n-th, counted from 1, brings a store from version n-1 to n. Append only."""


_LOCK = 0x54_69_6D_65
"""An arbitrary number for an advisory lock."""


def migrate(connection: Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Run the missing steps in the caller's transaction. Raises StoreError for a newer store."""
    _one_at_a_time(connection)
    current, newest = version(connection), len(migrations)
    if current > newest:
        raise StoreError(
            f"the store has schema version {current}, written by a newer Timetrial; this one "
            f"reads up to version {newest}: upgrade Timetrial, or use another store"
        )
    for number in range(current + 1, newest + 1):
        migrations[number - 1](connection)
        connection.execute(insert(schema_version).values(version=number))


def _one_at_a_time(connection: Connection) -> None:
    """Wait for other processes that migrate; SQLite has only one writer."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def is_current(connection: Connection) -> bool:
    """Return whether the schema is current, without writing, which could wait for a transaction."""
    return version(connection) == len(MIGRATIONS)


def version(connection: Connection) -> int:
    """Return the schema version; 0 for a store that is still empty."""
    if not inspect(connection).has_table(schema_version.name):
        return 0
    return connection.scalar(select(func.max(schema_version.c.version))) or 0
