"""Where runs are kept: one SQLite file, or the same tables in another database by URL.

Records become versioned JSON payloads; `upgrades` converts older versions. Nothing is computed
here. Start with `store`.
"""

from timetrial.store.store import RunLine, Store

__all__ = ["RunLine", "Store"]
