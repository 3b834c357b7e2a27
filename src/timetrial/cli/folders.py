"""The folder that reports go into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from timetrial.model.errors import BadInput


@contextmanager
def reports_in(folder: Path) -> Iterator[None]:
    """Make the folder before anything is measured; what was made for nothing goes again."""
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
