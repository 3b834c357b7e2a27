"""Files are written whole or not at all; new ones are their owner's alone."""

from __future__ import annotations

import errno
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from timetrial.model import BadInput

_NOT_TO_REPLACE = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY})


@dataclass(frozen=True, slots=True)
class File:
    """A file that is ready to be written."""

    name: str
    content: bytes


def write_into(folder: Path, file: File) -> Path:
    """Write a file into a folder, which is made if need be."""
    target = folder / file.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"the folder {str(folder)!r} cannot be made: {error.strerror}") from error
    return write_to(target, file.content)


def write_to(target: Path, content: bytes) -> Path:
    """Write a file in the place of another one; into a pipe or a device it is written as it is."""
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(content)
            return target
        _replace(target, content)
    except OSError as error:
        raise BadInput(f"the file {str(target)!r} cannot be written: {error.strerror}") from error
    return target


def write_page(page: str, folder: Path, name: str) -> Path:
    """Write a report into a folder, which is made if need be."""
    target = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(target, page.encode())
    except OSError as error:
        raise BadInput(f"the report cannot be written to {folder}: {error.strerror}") from error
    return target


def _replace(target: Path, content: bytes) -> None:
    """Write beside the target first: a reader of the target finds a whole file at any time.

    A new file is readable by its owner alone, as temporary ones are; another keeps its mode. One
    that alone may be written in its folder, or that is mounted alone, is written as it is.
    """
    target = target.resolve()
    try:
        half_done = _written_beside(target, content)
        try:
            half_done.replace(target)
        except BaseException:
            half_done.unlink(missing_ok=True)
            raise
    except OSError as error:
        if error.errno not in _NOT_TO_REPLACE or not target.exists():
            raise
        target.write_bytes(content)


def _written_beside(target: Path, content: bytes) -> Path:
    """Write a file that may take the target's place; where that fails, nothing is left."""
    number, name = tempfile.mkstemp(dir=target.parent, prefix=".report-")
    try:
        with open(number, "wb") as opened:  # noqa: PTH123 - a file that is open has no path
            opened.write(content)
        if target.exists():
            Path(name).chmod(stat.S_IMODE(target.stat().st_mode))
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)
