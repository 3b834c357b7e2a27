"""Finds an installed interpreter of a given version, and asks it for its version."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from timetrial.model import StackFailed
from timetrial.stacks.command import CommandResult, run_command

_ANSWERS_WITHIN_S = 30.0
_MINOR_VERSION = (
    "import sys, sysconfig; free = sysconfig.get_config_var('Py_GIL_DISABLED'); "
    "print('%d.%d%s' % (*sys.version_info[:2], 't' if free else ''))"
)
_FULL_VERSION = (
    "import platform, sysconfig; free = sysconfig.get_config_var('Py_GIL_DISABLED'); "
    "print(platform.python_implementation(), platform.python_version() + ('t' if free else ''))"
)
"""A free-threaded build is another Python; 3.6 to 3.12 have no such variable."""
_VERSION = re.compile(r"\d+(?:\.\d+)*t?")


def describe_interpreter(interpreter: Path) -> str:
    """Return implementation and version, as 'CPython 3.11.7'; 't' marks a free-threaded build.

    Raises StackFailed for an interpreter that does not run.
    """
    result = _run(interpreter, _FULL_VERSION)
    result.require_success(f"the interpreter {str(interpreter)!r}")
    return result.output.strip()


def find_interpreter(versions: Sequence[str], preferred: Path) -> Path:
    """Return `preferred` if it is one of these versions ('3.7'), else the first that is installed.

    A version may end in 't', for a free-threaded build, or be the path of an interpreter. Programs
    on PATH are searched, then the versions that pyenv keeps. Raises StackFailed when none fits.
    """
    for version in versions:
        if os.sep in version:
            return Path(version)
        for candidate in (preferred, *_candidates(version)):
            if _version_of(candidate) == version:
                return candidate
    alternatives = " or ".join(versions)
    raise StackFailed("install", f"it needs CPython {alternatives}, and none is installed here")


def _candidates(version: str) -> Iterator[Path]:
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield Path(on_path)
    kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    pattern = f"{version.rstrip('t')}.*{'t' if version.endswith('t') else ''}"
    folders = [entry for entry in kept.glob(pattern) if _VERSION.fullmatch(entry.name)]
    for folder in sorted(
        folders, key=lambda folder: int(folder.name.rpartition(".")[2].rstrip("t")), reverse=True
    ):
        yield folder / "bin" / "python"


def _version_of(interpreter: Path) -> str | None:
    """Return its version; None where a program of that name is a shim that does not run."""
    result = _run(interpreter, _MINOR_VERSION)
    return result.output.strip() if result.ok else None


def _run(interpreter: Path, program: str) -> CommandResult:
    return run_command(
        [str(interpreter), "-I", "-c", program],
        env=os.environ,
        cwd=Path("/"),
        timeout_s=_ANSWERS_WITHIN_S,
    )
