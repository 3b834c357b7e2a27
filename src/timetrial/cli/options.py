"""Options that several verbs share, each declared once."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from timetrial.cli.derived_options import options_in
from timetrial.verbs.options.places import (
    CatalogOptions,
    JsonOptions,
    ReportOptions,
    StoreOptions,
)

CATALOG = options_in(CatalogOptions)
STORE = options_in(StoreOptions)
REPORTS = options_in(ReportOptions)
JSON = options_in(JsonOptions)


def cache_dir() -> Path:
    """Return where environments are kept between runs."""
    return platformdirs.user_cache_path("timetrial")
