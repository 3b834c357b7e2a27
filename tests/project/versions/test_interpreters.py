"""Interpreters are found by version or by path, and told apart by their names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from timetrial.model.errors import BadInput
from timetrial.project.versions.interpreters import find_interpreters

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


def stand_in(file: Path, says: str) -> Path:
    file.write_text(f"#!/bin/sh\n{says}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def test_a_version_is_found_and_named_by_it() -> None:
    (found,) = find_interpreters([THIS])
    assert found.label == f"CPython {THIS}"
    assert found.path.is_file()


def test_a_path_is_named_by_what_the_interpreter_says_of_itself(tmp_path: Path) -> None:
    free = stand_in(tmp_path / "free", "echo CPython 3.13.0t")
    other = stand_in(tmp_path / "other", "echo CPython 3.13.0")
    assert [each.label for each in find_interpreters([str(free), str(other)])] == [
        "CPython 3.13.0t",
        "CPython 3.13.0",
    ]


def test_interpreters_that_say_the_same_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    paths = [stand_in(tmp_path / name, "echo CPython 3.13.0") for name in ("one", "two")]
    labels = [each.label for each in find_interpreters([str(path) for path in paths])]
    assert labels == [f"CPython 3.13.0 ({path})" for path in paths]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("3.99", "no CPython 3.99 is installed here"),
        ("python3", "'python3' is neither a version, as 3.13, nor the path"),
        ("/no/python", "nor the path of an interpreter"),
    ],
)
def test_what_is_not_there_is_refused(given: str, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        find_interpreters([given])


def test_a_program_that_is_no_interpreter_is_refused(tmp_path: Path) -> None:
    broken = stand_in(tmp_path / "broken", "exit 3")
    with pytest.raises(BadInput, match="exit code 3"):
        find_interpreters([str(broken)])
