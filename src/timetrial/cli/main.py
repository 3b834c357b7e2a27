"""The group of all verbs, and the exit codes and messages of errors."""

from __future__ import annotations

import gc
import os
import re
import resource
import sys
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import ClassVar

import click
from click.core import ParameterSource

from timetrial.cli.configured import configure, source_of
from timetrial.cli.output import Exit, ReaderGoneError, error_line, log_lines
from timetrial.cli.sections import SectionedGroup
from timetrial.cli.signals import handled_as_before
from timetrial.cli.streams import Stream, streams
from timetrial.model import (
    FULL_DISK,
    AppFailed,
    AppImportError,
    BadInput,
    DiskFull,
    ServiceFailed,
    TimetrialError,
    UnknownName,
)

_FORMER_OPTIONS = {"--contests": "--benchmarks"}
_OFFER = re.compile(r"\.\s+\(?(Did|Choose)(.*?)\)?$", re.DOTALL)


VERBS = {
    "race": "race",
    "tune": "tune",
    "capacity": "capacity",
    "load": "load",
    "run": "run",
    "report": "report",
    "compare": "compare",
    "history": "history",
    "serve": "serve",
    "list": "listing",
    "runs": "runs",
    "gate": "gate",
    "doctor": "doctor",
}
"""The verbs, each with the name of its module and function in this package."""
_FORMER_VERBS = {
    "calibrate": "doctor --engine",
    "export": "runs export",
    "import": "runs import",
}


class _Verbs(SectionedGroup):
    """Imports a verb only when it is called: `load` does not wait for the imports of `run`."""

    headings: ClassVar = {
        "Measure": ("race", "tune", "capacity", "load", "run"),
        "Inspect": ("report", "compare", "history", "serve", "list", "runs"),
        "Continuous integration": ("gate",),
        "Machine": ("doctor",),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        return _command(cmd_name) if cmd_name in VERBS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in _FORMER_VERBS:
            raise BadInput(f"{args[0]!r} is called {_FORMER_VERBS[args[0]]!r} now")
        if args[0] not in VERBS and not args[0].startswith("-"):
            raise UnknownName("verb", args[0], VERBS)
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            configure(ctx, name, command, {verb: partial(_command, verb) for verb in VERBS})
        return name, command, rest


def _command(verb: str) -> click.Command:
    name = VERBS[verb]
    command: click.Command = getattr(_imported(f"timetrial.cli.{name}"), name)
    return command


def _imported(name: str) -> ModuleType:
    """Import without garbage collection: what is imported lives as long as the verb."""
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(None, "-V", "--version", package_name="timetrial", prog_name="timetrial")
def verbs() -> None:
    """Which server, with which settings, should serve my Python web app, and how sure are we?"""
    _allow_open_files()


def _allow_open_files() -> None:
    """Raise the limit of open files of this process, and of the servers that it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> None:
    """Run a verb and exit; an error is one sentence, never a traceback."""
    with streams(os.environ) as out, handled_as_before():
        code = _run(out)
    sys.exit(int(code))


def _run(out: Stream) -> int:
    """Run a verb until all its output is written; return the exit code."""
    try:
        code = verbs.main(standalone_mode=False)
        out.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = Exit.BAD_INPUT
    except click.ClickException as error:
        error_line(_sentence(error))
        code = Exit.BAD_INPUT
    except TimetrialError as error:
        code = _told(error)
    except (KeyboardInterrupt, click.Abort):
        error_line("interrupted")
        code = Exit.INTERRUPTED
    except ReaderGoneError:
        # The reader of the output has what it wants.
        return Exit.DONE
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        code = _told(DiskFull(error))
    return code or (Exit.DONE if out.problem is None else Exit.FAILED)


def _told(error: TimetrialError) -> Exit:
    """Print an error, with the log or the traceback that it has."""
    error_line(str(error))
    if isinstance(error, (AppFailed, AppImportError)):
        log_lines(error.detail)
    elif isinstance(error, ServiceFailed):
        log_lines(error.log_tail)
    return Exit.BAD_INPUT if isinstance(error, BadInput) else Exit.FAILED


def _sentence(error: click.ClickException) -> str:
    """Make one sentence of click's message, with the verb in front."""
    context = getattr(error, "ctx", None)
    place = f"{context.info_name}: " if context is not None and context.parent is not None else ""
    if isinstance(error, click.BadParameter) and error.param is not None:
        place = _configured_place(context, error.param) or place
    message = _OFFER.sub(lambda match: f"; {match[1].lower()}{match[2]}", error.format_message())
    if isinstance(error, click.NoSuchOption) and error.option_name in _FORMER_OPTIONS:
        message = (
            f"no such option {error.option_name!r}; "
            f"it is called {_FORMER_OPTIONS[error.option_name]!r} now"
        )
    return place + message[:1].lower() + message[1:].rstrip(".")


def _configured_place(context: click.Context | None, parameter: click.Parameter) -> str:
    """Say where a wrong value was read, if it was not typed; '' if it was."""
    name = parameter.name or ""
    if context is None or context.get_parameter_source(name) is not ParameterSource.DEFAULT_MAP:
        return ""
    return f"{source_of(context, name)}: "
