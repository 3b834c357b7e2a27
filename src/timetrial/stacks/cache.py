"""Where environments are kept between runs."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def cache_dir() -> Path:
    """Return the folder, which need not exist yet."""
    return platformdirs.user_cache_path("timetrial")
