"""Options of all verbs that take an app of the user's."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from timetrial.cli.derived_options import options_in
from timetrial.errors import BadInput
from timetrial.project.wish import Wish
from timetrial.verbs.options.project import ProjectOptions

PROJECT_OPTIONS = options_in(ProjectOptions)
"""The argument APP and the options that say what it needs."""


def wish_of(
    *,
    app: str,
    python: Sequence[str],
    factory: bool,
    folder: Path | None,
    env_file: Path | None,
    variables: Sequence[tuple[str, str]],
    setup: Sequence[str],
    services: Sequence[str],
    **_others: object,
) -> Wish:
    """Read the options. Raises BadInput for what is given twice."""
    if len(python) > 1:
        raise BadInput("--python is given twice; only a race takes several")
    names = [name for name, _ in variables]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadInput(f"--env {twice} is given twice")
    return Wish(
        app=app,
        python=next(iter(python), None),
        folder=folder,
        factory=factory,
        env_file=env_file,
        env=dict(variables),
        setup=tuple(setup),
        services=tuple(dict.fromkeys(services)),
    )


def active_environment(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the virtual environment that the user's shell has activated."""
    active = environ.get("VIRTUAL_ENV")
    return Path(active) if active else None
