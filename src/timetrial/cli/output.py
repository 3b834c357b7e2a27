"""Where output goes: results to stdout, progress and errors to stderr, reports into a folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path

from rich.console import Console

from timetrial.model import BadInput

RESULTS = Console(highlight=False, soft_wrap=False)
PROGRESS = Console(stderr=True, highlight=False)


def error_line(message: str) -> None:
    sys.stderr.write(f"timetrial: {' '.join(message.split())}\n")


def log_lines(tail: str) -> None:
    """Write the last lines of a program's log to stderr."""
    for line in tail.splitlines():
        sys.stderr.write(f"  {line}\n")


def write_json(text: str) -> None:
    sys.stdout.write(text + "\n")


def write_file(file: Path, text: str, *, add: bool = False) -> None:
    """Write a text file, or `add` to it. Raises BadInput where that is not possible."""
    try:
        with file.open("a" if add else "w", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise BadInput(f"{str(file)!r} cannot be written: {error.strerror}") from error


class Exit(IntEnum):
    """The exit codes of a verb."""

    DONE = 0
    VERDICT_NO = 1
    BAD_INPUT = 2
    FAILED = 3
    """A stack, a service or a load tool failed, and no manifest declares that."""
    INTERRUPTED = 130


@contextmanager
def reports_in(folder: Path) -> Iterator[None]:
    """Make the folder before anything is measured; on an error, remove it if new and empty."""
    is_new = not folder.exists()
    make_folder(folder)
    try:
        yield
    except BaseException:
        if is_new:
            with suppress(OSError):
                folder.rmdir()
        raise


def make_folder(reports_dir: Path) -> None:
    try:
        reports_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"the folder {str(reports_dir)!r} cannot be made: {error.strerror}"
        raise BadInput(f"{problem}; name another with --reports") from error
