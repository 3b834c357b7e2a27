"""A database that is killed is told of once, by whoever uses it."""

from __future__ import annotations

import logging
import sqlite3

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool

from timetrial.stacks.services.client import Access
from timetrial.stacks.services.postgres import PostgresClient


class _Mortal(sqlite3.Connection):
    """A connection whose other end can go."""

    is_dead = False

    def rollback(self) -> None:
        if self.is_dead:
            raise sqlite3.OperationalError("network error")

    def close(self) -> None:
        if self.is_dead:
            raise sqlite3.OperationalError("network error")
        super().close()


def test_a_dead_connection_prints_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mortal = sqlite3.connect(":memory:", factory=_Mortal)
    engine = create_engine("sqlite://", creator=lambda: mortal, poolclass=QueuePool)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    client = PostgresClient(Access("postgresql://nobody@localhost/none"))
    client._engine, client._connection = engine, engine.connect()
    mortal.is_dead = True
    with pytest.raises(OSError, match="pg_stat_database"):
        client.counts()
    client.close()
    mortal.is_dead = False
    mortal.close()
    assert capsys.readouterr().err == ""
