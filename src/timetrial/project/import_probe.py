"""Imports an app in its own Python, and describes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from timetrial.machine.own_folder import OwnFolder
from timetrial.model import AppImportError, Interface
from timetrial.model.redaction import without_secrets
from timetrial.stacks.command import CommandResult, run_app

IMPORT_TIMEOUT_S = 60.0
MOST_LINES = 10
"""Of the output of a process that ended without an answer, or of an app that ended itself."""

_INSIDE = Path(__file__).with_name("inside")
_PROGRAM = """
import sys
sys.path.insert(0, {inside!r})
import timetrial_look
del sys.path[0]
for name in [name for name in sys.modules if name.startswith("timetrial_look")]:
    del sys.modules[name]
timetrial_look.main()
"""
"""Modules of the project may have the same names: those of the tool are neither hidden by them nor
found instead of them."""

Trouble = Literal["not callable", "serves itself", "unclear", "asgi2", "factory", "class"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an app does not import."""

    type: str
    """Class of the exception."""
    line: str
    """The last line of the traceback."""
    where: str
    """File and line in the user's code, or else the innermost frame; '' if unknown."""
    traceback: tuple[str, ...]
    """The frames of the user's code, and the error."""
    missing_module: str | None
    variables: tuple[str, ...]
    """Environment variables that are missing, as far as the error tells."""
    package: str = ""
    """The installed package in whose code the error is, as 'jinja2 2.11.3'; '' if in none."""
    missing_metadata: str | None = None
    """The distribution whose version or files the app asks for, which is not installed."""
    output: tuple[str, ...] = ()
    """The last lines that the app wrote, if it ended itself: the reason is often only there."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What an import of one target, or of the settings of a Django project, has found."""

    python: str
    """Implementation and version, as 'CPython 3.11.7'."""
    site_folders: tuple[Path, ...]
    installed: tuple[str, ...]
    """Distributions as 'name==version', ordered."""
    problem: Problem | None = None
    target: str = ""
    """`module:attribute`."""
    kind: str = ""
    """Module and class of the object."""
    interfaces: tuple[Interface, ...] = ()
    framework: str = ""
    """Its name and version, as 'Flask 3.1.0'."""
    trouble: Trouble | None = None
    """Why it cannot be served."""
    signature: str = ""
    """Parameters of a callable whose interface is unclear."""
    debug: bool = False
    """Whether the framework is in debug mode."""
    allowed_hosts: tuple[str, ...] | None = None
    """ALLOWED_HOSTS of a Django project."""
    missing: str | None = None
    """The attribute that the module lacks; '' if none was named and no usual one exists."""
    offers: tuple[str, ...] = ()
    """Attributes that the user may have meant."""
    wsgi: str | None = None
    """WSGI_APPLICATION of the settings, as 'mysite.wsgi.application'."""
    asgi: str | None = None


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """What to import."""

    target: str
    """`module:attribute` or a module."""
    names: tuple[str, ...] = ()
    """Attributes to try if the target names none."""
    factory: bool = False
    """Whether the target is a factory."""
    settings: bool = False
    """Whether the target is a settings module of Django."""


_RESULT = TypeAdapter(ProbeResult)


def run_probe(
    request: ProbeRequest,
    python: Path,
    root: Path,
    env: Mapping[str, str],
    start_timeout_s: float = 0.0,
) -> ProbeResult:
    """Import the app in its own process and describe it.

    Raises AppImportError only if that process ends without an answer or takes too long.
    """
    written = {
        "target": request.target, "names": request.names, "factory": request.factory,
        "settings": request.settings, "root": str(root),
    }  # fmt: skip
    program = _PROGRAM.format(inside=str(_INSIDE))
    timeout_s = max(IMPORT_TIMEOUT_S, start_timeout_s)
    with OwnFolder("look") as work:
        answer = Path(work) / "answer.json"
        outcome = run_app(
            [str(python), "-c", program, json.dumps(written), str(answer)],
            env=env,
            cwd=root,
            timeout_s=timeout_s,
        )
        last_lines = outcome.tail.splitlines()[-MOST_LINES:]
        if answer.is_file():
            return _with_output(_RESULT.validate_json(answer.read_bytes()), last_lines)
    raise AppImportError(
        _no_answer(request, outcome, timeout_s), without_secrets("\n".join(last_lines), env)
    )


def _with_output(result: ProbeResult, last_lines: Sequence[str]) -> ProbeResult:
    if result.problem is None or result.problem.type != "SystemExit":
        return result
    return replace(result, problem=replace(result.problem, output=tuple(last_lines)))


def _no_answer(request: ProbeRequest, outcome: CommandResult, timeout_s: float) -> str:
    what = repr(request.target)
    if outcome.exit_code is None:
        return (
            f"importing {what} takes more than {timeout_s:.0f} s: --start-timeout gives it longer; "
            "if it starts a server, have that wait for `if __name__ == '__main__'`"
        )
    return f"the process that imported {what} {outcome.ending()} before that was done"
