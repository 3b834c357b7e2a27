"""Files are written whole or not at all; new ones are their owner's alone."""

from __future__ import annotations

import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from timetrial.model import BadInput


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

    A new file is readable by its owner alone, as temporary ones are; another keeps its mode.
    """
    with tempfile.NamedTemporaryFile(
        dir=target.parent, prefix=".report-", delete=False
    ) as half_done:
        half_done.write(content)
    if target.exists():
        Path(half_done.name).chmod(stat.S_IMODE(target.stat().st_mode))
    Path(half_done.name).replace(target)
