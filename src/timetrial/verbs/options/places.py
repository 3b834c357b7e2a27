"""Where verbs read from and write to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import DirectoryPath, Field

from timetrial.verbs.options.options import CommandLine, Options, Written

DEFAULT_STORE = "timetrial.db"


class CatalogOptions(Options):
    """What is known beside Timetrial's own catalog."""

    catalog_dir: Annotated[
        DirectoryPath | None,
        Field(description="Also read servers/*.toml, apps/*/app.toml and suites/*.toml below DIR."),
        CommandLine(("--catalog",), metavar="DIR"),
    ] = None


class StoreOptions(Options):
    """Where runs are kept."""

    store: Annotated[
        str,
        Field(description="Where runs are kept: a SQLite file, or a SQLAlchemy URL."),
        CommandLine(metavar="FILE|URL", shows_default=True),
    ] = DEFAULT_STORE


class ReportOptions(Options):
    """Where pages go: for the command line alone, as functions return what they found."""

    reports_dir: Annotated[
        Path,
        Written.FOLDER,
        Field(description="Where the HTML page goes."),
        CommandLine(("--reports",), metavar="DIR", shows_default=True),
    ] = Path("timetrial-reports")


class JsonOptions(Options):
    """How results are printed: for the command line alone."""

    as_json: Annotated[
        bool, Field(description="Print the result as JSON."), CommandLine(("--json",))
    ] = False
