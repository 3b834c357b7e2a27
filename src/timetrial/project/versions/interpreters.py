"""Interpreters that a user names by version or by path, and their labels."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from timetrial.model import BadInput, StackFailed
from timetrial.stacks.interpreter import describe_interpreter, find_interpreter

_VERSION = re.compile(r"3\.\d+t?")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """One Python interpreter."""

    path: Path
    label: str
    """For the names of stacks, as 'CPython 3.13'; unique among the interpreters of a run."""


def find_interpreters(given: Sequence[str]) -> tuple[Interpreter, ...]:
    """Find what `--python` names: '3.13', '3.13t' (free-threaded), or the path of a program.

    Raises BadInput for what is neither, is not installed, or does not run.
    """
    paths = [_path(text) for text in given]
    labels = [_label(text, path) for text, path in zip(given, paths, strict=True)]
    times = Counter(labels)
    return tuple(
        Interpreter(path, label if times[label] == 1 else f"{label} ({path})")
        for path, label in zip(paths, labels, strict=True)
    )


def _path(text: str) -> Path:
    path = Path(text).expanduser()
    if path.is_file():
        # Not resolved: only the link leads into the virtual environment.
        return path.absolute()
    if not _VERSION.fullmatch(text):
        raise BadInput(
            f"--python {text!r} is neither a version, as 3.13, nor the path of an interpreter"
        )
    try:
        return find_interpreter([text], Path(sys.executable))
    except StackFailed:
        raise BadInput(
            f"--python {text}: no CPython {text} is installed here; give the path of one"
        ) from None


def _label(text: str, path: Path) -> str:
    if _VERSION.fullmatch(text):
        return f"CPython {text}"
    try:
        return describe_interpreter(path)
    except StackFailed as failed:
        raise BadInput(f"--python {text}: {failed.reason}") from failed
