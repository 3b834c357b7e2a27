"""Where runs are kept: one SQLite file, or the same tables in another database by URL.

Records become JSON payloads with a version; former ones are read by `upgrades`. Nothing is computed
here. Start with `store`.
"""

from __future__ import annotations

from timetrial.store.store import RunLine, Store

__all__ = ["RunLine", "Store"]
