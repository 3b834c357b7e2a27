"""The folder that reports go into."""

from __future__ import annotations

from pathlib import Path

from timetrial.errors import BadInput


def make_folder(reports_dir: Path) -> None:
    try:
        reports_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"the folder {str(reports_dir)!r} cannot be made: {error.strerror}"
        raise BadInput(f"{problem}; name another with --reports") from error
