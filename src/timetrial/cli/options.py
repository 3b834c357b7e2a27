"""Options that several verbs share, each declared once."""

from __future__ import annotations

from pathlib import Path

import click
import platformdirs

DEFAULT_STORE = "timetrial.db"

CATALOG = click.option(
    "--catalog", "catalog_dir", metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Also read servers/*.toml, apps/*/app.toml and suites/*.toml below DIR.",
)  # fmt: skip
STORE = click.option(
    "--store", default=DEFAULT_STORE, show_default=True, metavar="FILE|URL",
    help="Where runs are kept: a SQLite file, or a SQLAlchemy URL.",
)  # fmt: skip
REPORTS = click.option(
    "--reports", "reports_dir", type=click.Path(path_type=Path, file_okay=False),
    default="timetrial-reports", show_default=True, metavar="DIR",
    help="Where the HTML page goes.",
)  # fmt: skip
JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def cache_dir() -> Path:
    """Return where environments are kept between runs."""
    return platformdirs.user_cache_path("timetrial")
