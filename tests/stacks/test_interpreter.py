"""An interpreter of a certain version is looked for, and asked what it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from timetrial.model.errors import StackFailed
from timetrial.stacks.interpreter import find_interpreter

THIS = Path(sys.executable)
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
NEVER = "3.99"


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "path").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))


def stand_in(file: Path, says: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{says}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def test_the_preferred_one_is_taken_if_it_is_of_that_version() -> None:
    assert find_interpreter([NEVER, VERSION], THIS) == THIS


def test_one_on_the_path_is_taken(tmp_path: Path) -> None:
    other = stand_in(tmp_path / "path" / f"python{NEVER}", f"echo {NEVER}")
    assert find_interpreter([NEVER], THIS) == other


def test_one_that_does_not_run_is_passed_over_for_pyenvs_newest(tmp_path: Path) -> None:
    stand_in(tmp_path / "path" / f"python{NEVER}", "exit 127")
    kept = tmp_path / "pyenv" / "versions"
    for patch in (9, 10):
        stand_in(kept / f"{NEVER}.{patch}" / "bin" / "python", f"echo {NEVER}")
    stand_in(kept / f"{NEVER}.11-of-mine" / "bin" / "python", f"echo {NEVER}")
    assert find_interpreter([NEVER], THIS) == kept / f"{NEVER}.10" / "bin" / "python"


def test_without_any_it_is_said_what_is_missing() -> None:
    with pytest.raises(StackFailed, match=r"3\.99 or 3\.98,") as caught:
        find_interpreter([NEVER, "3.98"], THIS)
    assert caught.value.phase == "install"
