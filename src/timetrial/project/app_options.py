"""What a user says of an app of theirs, before anything was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AppOptions:
    """An app, and what it needs to run."""

    app: str = "."
    """`module:attribute`, a module, a file of Python (`main.py`, `main.py:app`), or a folder."""
    python: str | None = None
    """A path of an interpreter or of a virtual environment, or a version as '3.13'."""
    folder: Path | None = None
    """Of the project; None for the current directory, or the one that `app` names."""
    factory: bool = False
    """Whether `app` names a function that makes the app, called without arguments."""
    env_file: Path | None = None
    """With a variable a line, as dotenv has it."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables on top of those; {postgres_url} stands for a service's URL."""
    setup: tuple[str, ...] = ()
    """Commands that run once before anything is measured, as a shell would split them."""
    services: tuple[str, ...] = ()
    """That the app talks to, by their names in the catalog."""
