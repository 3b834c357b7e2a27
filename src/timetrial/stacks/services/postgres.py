"""PostgreSQL: a correct response is 1 to SELECT 1."""

from __future__ import annotations

import logging
from contextlib import suppress

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, SQLAlchemyError

from timetrial.stacks.services.client import Access, ServiceCounts

DRIVER = "postgresql+pg8000"

_ONE = text("SELECT 1")
_OPENED = text("SELECT sum(sessions) FROM pg_stat_database")
"""Sessions since PostgreSQL 14; those that are still open are not counted."""


# That a connection is dead is raised where it is used; the pool logs it as a traceback besides.
logging.getLogger("sqlalchemy.pool").addHandler(logging.NullHandler())


class PostgresClient:
    def __init__(self, access: Access) -> None:
        try:
            self._url = make_url(access.url).set(drivername=DRIVER)
        except ArgumentError as error:
            raise ValueError(str(error)) from error
        self._engine: Engine | None = None
        self._connection: Connection | None = None

    def problem(self, timeout_s: float) -> str | None:
        engine = create_engine(self._url, connect_args={"timeout": timeout_s})
        try:
            with engine.connect() as connection:
                one = connection.scalar(_ONE)
        except (InterfaceError, OperationalError) as error:
            raise OSError(_said(error)) from error
        except SQLAlchemyError as error:
            return f"answered SELECT 1 with an error ({_said(error)})"
        finally:
            engine.dispose()
        return None if one == 1 else f"answered SELECT 1 with {one!r}"

    def counts(self) -> ServiceCounts:
        try:
            opened = self._kept().scalar(_OPENED)
        except SQLAlchemyError as error:
            raise OSError(_said(error)) from error
        return ServiceCounts(opened=int(opened or 0))

    def close(self) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):  # it is dead, and was told of
                self._connection.close()
        if self._engine is not None:
            self._engine.dispose()

    def _kept(self) -> Connection:
        if self._connection is None:
            self._engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
            self._connection = self._engine.connect()
        return self._connection


def _said(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error)
