"""Options of all verbs that take an app of the user's."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import click

from timetrial.errors import BadInput
from timetrial.project.wish import Wish

_Function = TypeVar("_Function", bound=Callable[..., object])
_VARIABLE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)", re.DOTALL)


class VariableType(click.ParamType[tuple[str, str]]):
    """A variable of the environment: 'NAME=VALUE'."""

    name = "variable"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        match = _VARIABLE.fullmatch(str(value))
        if match is None:
            # What was meant as a value may be a secret.
            self.fail("a variable reads NAME=VALUE; an example is DEBUG=0", param, ctx)
        return match["name"], match["value"]


_OPTIONS = (
    click.option(
        "--python", multiple=True, metavar="PATH|VERSION",
        help="What the app runs on: an interpreter, a virtual environment, or a version as 3.13.  "
        "[default: the active environment, the project's .venv, or one made from its requirements]",
    ),
    click.option(
        "--factory", is_flag=True,
        help="APP makes the app: it is called without arguments.",
    ),
    click.option(
        "--folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR",
        help="The project's folder, from which APP is imported.  [default: this one]",
    ),
    click.option(
        "--env-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
        help="Variables for the app, as NAME=VALUE lines.",
    ),
    click.option(
        "--env", "variables", type=VariableType(), multiple=True, metavar="NAME=VALUE",
        help="A variable for the app; {postgres_url} and {redis_url} stand for services.",
    ),
    click.option(
        "--setup", multiple=True, metavar="COMMAND",
        help="Run this in the project's folder first: 'python manage.py migrate'.",
    ),
    click.option(
        "--service", "services", multiple=True, metavar="NAME",
        help="Start this for the app: postgres (its URL is in DATABASE_URL), redis (REDIS_URL).",
    ),
)  # fmt: skip


def PROJECT_OPTIONS(function: _Function) -> _Function:  # noqa: N802 - used as a constant is
    """Add the argument APP and the options that say what it needs."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return click.argument("app", default=".")(function)


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
