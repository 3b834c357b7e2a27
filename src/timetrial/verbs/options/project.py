"""What verbs that take an app of the user's ask about it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import DirectoryPath, Field, FilePath, model_validator

from timetrial.catalog.registry import START_TIMEOUT_S
from timetrial.model import BadInput
from timetrial.verbs.options.common import Seconds
from timetrial.verbs.options.options import CommandLine, Options, Written


class ProjectOptions(Options):
    """The app, and what it needs."""

    section = "The app"

    app: Annotated[str, CommandLine(is_argument=True)] = "."
    """`module:attribute`, a module, a file of Python, or a folder."""
    python: Annotated[
        tuple[str, ...],
        Field(description="Interpreter, virtual environment or version  [default: found]"),
        CommandLine(metavar="PATH|VERSION"),
    ] = ()
    factory: Annotated[
        bool,
        Field(description="APP is called without arguments and makes the app"),
        CommandLine(),
    ] = False
    folder: Annotated[
        DirectoryPath | None,
        Field(description="The project's folder  [default: the current one]"),
        CommandLine(metavar="DIR"),
    ] = None
    env_file: Annotated[
        FilePath | None,
        Field(description="Variables for the app, as NAME=VALUE lines"),
        CommandLine(metavar="FILE"),
    ] = None
    variables: Annotated[
        tuple[Annotated[tuple[str, str], Written.VARIABLE], ...],
        Field(description="A variable for the app; {postgres_url} is the service's"),
        CommandLine(("--env",), metavar="NAME=VALUE"),
    ] = ()
    setup: Annotated[
        tuple[str, ...],
        Field(description="Run in the project's folder first: 'python manage.py migrate'"),
        CommandLine(metavar="COMMAND"),
    ] = ()
    services: Annotated[
        tuple[str, ...],
        Field(description="Start postgres (DATABASE_URL) or redis (REDIS_URL) for the app"),
        CommandLine(("--service",), metavar="NAME"),
    ] = ()

    start_timeout: Annotated[
        Seconds,
        Field(description="Time limit of a start, or of an import"),
        CommandLine(shows_default=True),
    ] = START_TIMEOUT_S

    @model_validator(mode="after")
    def _check_variables(self) -> Self:
        names = [name for name, _ in self.variables]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise BadInput(f"--env {twice} is given twice")
        return self
