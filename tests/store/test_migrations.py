"""A store is brought to this version's schema step by step, once."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect

from timetrial.store.engines import connect
from timetrial.store.migrations import MIGRATIONS, migrate, version


def test_an_empty_store_gets_every_step_and_a_current_one_none(tmp_path: Path) -> None:
    engine = connect(tmp_path / "a.db")
    with engine.begin() as connection:
        assert version(connection) == 0
        migrate(connection)
        assert version(connection) == len(MIGRATIONS)
        migrate(connection)
        assert inspect(connection).has_table("trials")
    engine.dispose()


def test_an_older_store_gets_only_the_steps_that_it_lacks(tmp_path: Path) -> None:
    done: list[int] = []

    def later(connection: Connection) -> None:
        done.append(len(MIGRATIONS) + 1)
        connection.exec_driver_sql("CREATE TABLE later (x INTEGER)")

    engine = connect(tmp_path / "a.db")
    with engine.begin() as connection:
        migrate(connection)
    with engine.begin() as connection:
        migrate(connection, [*MIGRATIONS, later])
        migrate(connection, [*MIGRATIONS, later])
        assert version(connection) == len(MIGRATIONS) + 1
    engine.dispose()
    assert done == [len(MIGRATIONS) + 1]
