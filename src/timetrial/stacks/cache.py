"""Where environments are kept between runs, and the names of their folders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import platformdirs


def cache_dir() -> Path:
    """Return the folder, which need not exist yet."""
    return platformdirs.user_cache_path("timetrial")


def cache_key(parts: Iterable[str]) -> str:
    """Return a name of 16 hexadecimal digits for what these texts describe."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
