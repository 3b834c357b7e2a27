"""The options of a user's app, as they were given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from timetrial.catalog.registry import START_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class AppOptions:
    """An app, and what it needs to run."""

    app: str = "."
    """`module:attribute`, a module, a file of Python (`main.py`, `main.py:app`), or a folder."""
    python: str | None = None
    """A path of an interpreter or of a virtual environment, or a version as '3.13'."""
    folder: Path | None = None
    """The project's folder; None for the current directory, or the one that `app` names."""
    factory: bool = False
    """Whether `app` names a function that makes the app, called without arguments."""
    env_file: Path | None = None
    """A file of variables, one a line, in the format of dotenv."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables that override the file's; {postgres_url} stands for a service's URL."""
    setup: tuple[str, ...] = ()
    """Commands that run once before measuring; words are split as in a shell."""
    services: tuple[str, ...] = ()
    """Services of the catalog, by name, that the app uses."""
    start_timeout_s: float = START_TIMEOUT_S
    """How long a server may take until it answers."""
