"""Connections to a database: SQLite set up for one writer beside readers, others as they are."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from timetrial.machine.own_folder import OwnFolder
from timetrial.model import BadInput, StoreError
from timetrial.model.redaction import without_passwords

WAIT_FOR_WRITER_S = 30.0

# That a connection is dead is raised where it is used; the pool logs it as a traceback besides.
logging.getLogger("sqlalchemy.pool").addHandler(logging.NullHandler())


def connect(url_or_path: str | Path) -> Engine:
    """Make an engine, and the folder of a file. Nothing is read or written yet."""
    url = _url(url_or_path)
    if url.get_backend_name() != "sqlite":
        return _other(url)
    if url.database and url.database != ":memory:":
        _make_folder(Path(url.database))
    if is_read_only(url):
        copy = partial(_copied, Path(str(url.database)))
        engine = create_engine(url, creator=copy, poolclass=StaticPool)
    else:
        engine = create_engine(url, connect_args={"timeout": WAIT_FOR_WRITER_S})
    if url.database and not url.database.startswith((":memory:", "file:")):
        file = Path(url.database)
        event.listen(engine, "do_connect", lambda *_arguments: _make_for_owner(file))
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def is_read_only(url: URL) -> bool:
    """Whether it is a file that can be read but not written, or whose journal cannot be made."""
    if url.get_backend_name() != "sqlite" or not url.database or url.query:
        return False
    file = Path(url.database)
    return file.is_file() and not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK))


def _copied(file: Path) -> sqlite3.Connection:
    """Copy a file that cannot be written into memory, where a former one is brought up to date."""
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    with OwnFolder("store") as folder:
        source = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
        journal = file.with_name(f"{file.name}-wal")
        if journal.is_file() and journal.stat().st_size:
            # What was last written is in the journal alone.
            copy = Path(folder, file.name)
            for each in (file, journal):
                shutil.copyfile(each, copy.with_name(each.name))
            source = copy.as_uri()
        with closing(sqlite3.connect(source, uri=True)) as there:
            there.backup(memory)
    return memory


def can_be_made_later(url: URL) -> bool:
    """Whether it is a file that is not there, in a folder where files can be made.

    Raises StoreError for a folder where none can be made.
    """
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return False
    file = Path(url.database)
    if file.exists() or url.query:
        return False
    try:
        with tempfile.TemporaryFile(dir=file.parent):
            return True
    except OSError as error:
        raise StoreError(f"the store {url} cannot be used: {error.strerror}") from error


def _url(url_or_path: str | Path) -> URL:
    if isinstance(url_or_path, Path) or "://" not in url_or_path:
        return URL.create("sqlite", database=str(url_or_path))
    try:
        return make_url(url_or_path)
    except ArgumentError as error:
        shown = without_passwords(url_or_path)
        raise BadInput(f"{shown!r} is not the URL of a database") from error


def _other(url: URL) -> Engine:
    if url.drivername in {"postgresql", "postgres"}:
        # The driver of Timetrial's dependencies; a URL may name another one.
        url = url.set(drivername="postgresql+pg8000")
    try:
        if url.get_backend_name() == "postgresql":
            # A load of several SELECTs has to see one state of the store.
            return create_engine(url, isolation_level="REPEATABLE READ", pool_pre_ping=True)
        return create_engine(url)
    except (NoSuchModuleError, ImportError) as error:
        raise BadInput(
            f"there is no driver for {url.drivername!r} installed; add it to the environment, or "
            f"give the path of a SQLite file"
        ) from error


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the folder of the store {str(file)!r} cannot be made: {error.strerror}"
        ) from error


def _make_for_owner(file: Path) -> None:
    """Make a store that is not there, readable by its owner alone, as its journals are then, too.

    SQLite itself says what is wrong with a file that cannot be made.
    """
    with suppress(OSError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin transactions only before writes, so that the store might change between
    # the SELECTs of a load: `_begin` begins them instead.
    connection.isolation_level = None
    # What is damaged is read, too, so that it can be named.
    connection.text_factory = _text
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
