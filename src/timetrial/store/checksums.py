"""Checksums of stored rows: what changed on the disk since it was written is never read as data."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import RowMapping, Table

from timetrial.model import StoreError

Row = Mapping[str, Any] | RowMapping

_NOT_COVERED = frozenset({"id", "checksum"})
"""The database alone gives the first and refers to it; the second is the result."""


def checksum_of(table: Table, row: Row) -> int:
    """Return the CRC-32 of a row: of the name and value of every column but these two."""
    checksum = zlib.crc32(table.name.encode())
    for name in _covered(table):
        value = row[name]
        # What is damaged may be of any type, and text may be no UTF-8.
        data = str(value).encode("utf-8", "surrogateescape")
        head = f"\n{name} {type(value).__name__} {len(data)}\n"
        checksum = zlib.crc32(data, zlib.crc32(head.encode(), checksum))
    return checksum


@cache
def _covered(table: Table) -> tuple[str, ...]:
    return tuple(sorted({column.name for column in table.columns} - _NOT_COVERED))


def check(table: Table, row: Row) -> None:
    """Raise StoreError for a row that is not what was written; one without checksum may be."""
    if row["checksum"] is not None and row["checksum"] != checksum_of(table, row):
        raise StoreError("it is damaged: it differs from what was written, by its checksum")
