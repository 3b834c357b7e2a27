"""New files are their owner's alone; the mode of another one is left as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from timetrial.cli.output import write_file
from timetrial.reports.files import write_page, write_to
from timetrial.store.store import Store


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


def write_store(file: Path) -> None:
    with Store.open(file) as store:
        assert not store.list_runs()
        assert all(mode(f) == mode(file) for f in file.parent.glob(f"{file.name}-*"))


WRITERS: list[Callable[[Path], object]] = [
    write_store,
    lambda file: write_file(file, "{}"),
    lambda file: write_to(file, b"<svg/>"),
    lambda file: write_page("<html>", file.parent, file.name),
]


@pytest.mark.parametrize("write", WRITERS)
def test_a_new_file_is_its_owners_alone(write: Callable[[Path], object], tmp_path: Path) -> None:
    file = tmp_path / "new"
    write(file)
    assert mode(file) == 0o600


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("before", [0o640, 0o644, 0o600])
def test_a_file_that_is_there_keeps_its_mode(
    write: Callable[[Path], object], before: int, tmp_path: Path
) -> None:
    file = tmp_path / "old"
    file.touch()
    file.chmod(before)
    write(file)
    assert mode(file) == before
