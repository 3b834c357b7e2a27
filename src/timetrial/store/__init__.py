"""Where runs are kept: one SQLite file, or the same tables in another database by URL."""

from __future__ import annotations

from timetrial.store.store import RunLine, Store

__all__ = ["RunLine", "Store"]
