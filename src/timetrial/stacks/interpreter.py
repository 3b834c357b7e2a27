"""Finds an interpreter of a certain version among those that are installed."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from timetrial.model.errors import StackFailed
from timetrial.stacks.command import run_command

_ASKED_WITHIN_S = 30.0
_ASK = (
    "import sys, sysconfig; free = sysconfig.get_config_var('Py_GIL_DISABLED'); "
    "print('%d.%d%s' % (*sys.version_info[:2], 't' if free else ''))"
)
DESCRIBE = (
    "import platform, sysconfig; free = sysconfig.get_config_var('Py_GIL_DISABLED'); "
    "print(platform.python_implementation(), platform.python_version() + ('t' if free else ''))"
)
"""A free-threaded build is another Python; 3.6 to 3.12 have no such variable."""
_VERSION = re.compile(r"\d+(?:\.\d+)*t?")


def describe_interpreter(interpreter: Path) -> str:
    """Ask for implementation and version, as 'CPython 3.11.7', or 'CPython 3.13.0t' where there
    is no global interpreter lock. Raises StackFailed.
    """
    outcome = run_command(
        [str(interpreter), "-I", "-c", DESCRIBE],
        env=os.environ,
        cwd=Path("/"),
        timeout_s=_ASKED_WITHIN_S,
    )
    if not outcome.ok:
        reason = f"the interpreter {str(interpreter)!r} {outcome.ending()}"
        raise StackFailed("install", reason, outcome.tail)
    return outcome.output.strip()


def find_interpreter(versions: Sequence[str], preferred: Path) -> Path:
    """Return `preferred` if it is one of these versions ('3.7'), else the first that is installed.

    A version may end in 't', for a free-threaded build, or be the path of an interpreter.

    Looked at are the programs on the path and the versions that pyenv keeps. Raises StackFailed,
    which says what is missing.
    """
    for version in versions:
        if os.sep in version:
            return Path(version)
        for candidate in (preferred, *_candidates(version)):
            if _version_of(candidate) == version:
                return candidate
    wanted = " or ".join(versions)
    raise StackFailed("install", f"it needs CPython {wanted}, and none is installed here")


def _candidates(version: str) -> Iterator[Path]:
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield Path(on_path)
    kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    pattern = f"{version.rstrip('t')}.*{'t' if version.endswith('t') else ''}"
    folders = [each for each in kept.glob(pattern) if _VERSION.fullmatch(each.name)]
    for folder in sorted(folders, key=_patch, reverse=True):
        yield folder / "bin" / "python"


def _patch(folder: Path) -> int:
    return int(folder.name.rpartition(".")[2].rstrip("t"))


def _version_of(interpreter: Path) -> str | None:
    """Ask it: a program of that name on the path may be a stand-in that does not run."""
    outcome = run_command(
        [str(interpreter), "-I", "-c", _ASK],
        env=os.environ,
        cwd=Path("/"),
        timeout_s=_ASKED_WITHIN_S,
    )
    return outcome.output.strip() if outcome.ok else None
