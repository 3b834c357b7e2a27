"""What an app turned out to be when it was imported in its own Python."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from timetrial.model.errors import AppImportError
from timetrial.model.redaction import without_secrets
from timetrial.model.workload import Interface
from timetrial.stacks.command import CommandResult, run_command

IMPORT_TIMEOUT_S = 60.0
MOST_LINES = 10
"""Of what a process that ended has said."""

_INSIDE = Path(__file__).with_name("inside")
_PROGRAM = "import timetrial_look; timetrial_look.main()"

Trouble = Literal["not callable", "serves itself", "unclear", "asgi2", "factory", "class"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why it does not import."""

    type: str
    """Of the exception."""
    line: str
    """The last one of the traceback."""
    where: str
    """File and line of the user's own code, or of the innermost one; '' where none is known."""
    traceback: tuple[str, ...]
    """The user's own frames, and the error itself."""
    missing_module: str | None
    variables: tuple[str, ...]
    """Of the environment, that are missing by the looks of it."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a look at one target, or at the settings of a project of Django's, has found."""

    python: str
    """Implementation and version, as 'CPython 3.11.7'."""
    site_folders: tuple[Path, ...]
    installed: tuple[str, ...]
    """As 'name==version', ordered."""
    problem: Problem | None = None
    target: str = ""
    """`module:attribute`."""
    kind: str = ""
    """Module and class of the object."""
    interfaces: tuple[Interface, ...] = ()
    framework: str = ""
    """With its version."""
    trouble: Trouble | None = None
    """Why it cannot be served."""
    signature: str = ""
    """Of what has an unclear one."""
    debug: bool = False
    """Whether the framework is in its mode for debugging."""
    allowed_hosts: tuple[str, ...] | None = None
    """Of a project of Django's."""
    missing: str | None = None
    """The attribute that the module does not have; '' where none was named and none is usual."""
    offers: tuple[str, ...] = ()
    """Attributes that may be meant instead."""
    wsgi: str | None = None
    """What the settings name, as 'mysite.wsgi.application'."""
    asgi: str | None = None


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """What to look at."""

    target: str
    """`module:attribute` or a module."""
    names: tuple[str, ...] = ()
    """To be tried where the target names no attribute."""
    factory: bool = False
    """Whether the target makes the app."""
    settings: bool = False
    """Whether the target is the module of Django's settings."""


_RESULT = TypeAdapter(ProbeResult)


def run_probe(
    request: ProbeRequest, python: Path, root: Path, env: Mapping[str, str]
) -> ProbeResult:
    """Import the app in a process of its own, and let it be described.

    Raises AppImportError only if that process ends without an answer, or takes too long.
    """
    asked = {
        "target": request.target, "names": request.names, "factory": request.factory,
        "settings": request.settings, "root": str(root),
    }  # fmt: skip
    folders = os.pathsep.join(filter(None, (env.get("PYTHONPATH", ""), str(_INSIDE))))
    with tempfile.TemporaryDirectory(prefix="timetrial-look-") as work:
        answer = Path(work) / "answer.json"
        outcome = run_command(
            [str(python), "-c", _PROGRAM, json.dumps(asked), str(answer)],
            env={**env, "PYTHONPATH": folders},
            cwd=root,
            timeout_s=IMPORT_TIMEOUT_S,
        )
        if answer.is_file():
            return _RESULT.validate_json(answer.read_bytes())
    raise AppImportError(_no_answer(request, outcome), without_secrets(_tail(outcome), env))


def _no_answer(request: ProbeRequest, outcome: CommandResult) -> str:
    what = repr(request.target)
    if outcome.exit_code is None:
        return (
            f"importing {what} takes more than {IMPORT_TIMEOUT_S:.0f} s; if it starts a server, "
            "have that wait for `if __name__ == '__main__'`"
        )
    return f"the process that imported {what} {outcome.ending()} before that was done"


def _tail(outcome: CommandResult) -> str:
    return "\n".join(outcome.tail.splitlines()[-MOST_LINES:])
