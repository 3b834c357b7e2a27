"""Folders of processes that were killed are removed by the next one, never those of a living."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from timetrial.machine import own_folder
from timetrial.machine.own_folder import OwnFolder, sweep

PROGRAM = """
import sys, time
from pathlib import Path
from timetrial.machine.own_folder import OwnFolder
with OwnFolder("look", Path(sys.argv[1])) as folder:
    Path(folder, "kept").write_text("x")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def another(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process, Path(process.stdout.readline().strip())
        process.kill()


def test_a_folder_is_there_for_its_context_alone(tmp_path: Path) -> None:
    with OwnFolder("look", tmp_path) as folder:
        assert Path(folder).is_dir()
        assert Path(folder).name.startswith("timetrial-look-")
        sweep(tmp_path)
        assert Path(folder).is_dir()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_killed_process_is_swept_once_it_is_dead(
    another: tuple[subprocess.Popen[str], Path], tmp_path: Path
) -> None:
    process, folder = another
    sweep(tmp_path)
    assert (folder / "kept").exists()
    process.send_signal(signal.SIGKILL)
    process.wait()
    own_folder._swept.discard(tmp_path)
    with OwnFolder(parent=tmp_path) as new:
        assert {file.name for file in tmp_path.iterdir() if file.is_dir()} == {Path(new).name}


def test_what_has_no_owner_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "timetrial-of-before").mkdir()
    (tmp_path / "else").mkdir()
    (tmp_path / "timetrial-link.owner").symlink_to(tmp_path / "else")
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_lock_that_came_too_late_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep between the making of the file and its lock takes it for abandoned."""
    flock, owner = fcntl.flock, tmp_path / "timetrial-x.owner"

    def late(lock: int, how: int) -> None:
        monkeypatch.setattr("timetrial.machine.own_folder.fcntl.flock", flock)
        sweep(tmp_path)
        assert not owner.exists()
        flock(lock, how)

    monkeypatch.setattr("timetrial.machine.own_folder.fcntl.flock", late)
    lock = own_folder._locked(owner)
    assert lock is not None
    assert owner.exists()
    os.close(lock)
