"""What a project asks for is read from the files that say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from user_projects import write

from timetrial.project.requirements import requirements_in

PYPROJECT = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.9"\n'


def test_a_folder_that_says_nothing_asks_for_nothing(tmp_path: Path) -> None:
    assert requirements_in([tmp_path]) is None
    write(tmp_path, {"pyproject.toml": "[tool.ruff]\nline-length = 100\n"})
    assert requirements_in([tmp_path]) is None


def test_a_lock_comes_before_the_list_that_it_was_made_from(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": f"{PYPROJECT}dependencies = []\n", "uv.lock": "version = 1"})
    found = requirements_in([tmp_path])
    assert found is not None
    assert (found.file.name, found.requires_python) == ("uv.lock", ">=3.9")


def test_a_pyproject_without_dependencies_leaves_them_to_requirements_txt(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": PYPROJECT, "requirements.txt": "flask\n"})
    found = requirements_in([tmp_path])
    assert found is not None
    assert (found.file.name, found.text) == ("requirements.txt", "flask")
    dynamic = f'{PYPROJECT}dynamic = ["dependencies"]\n'
    write(tmp_path, {"pyproject.toml": dynamic})
    found = requirements_in([tmp_path])
    assert found is not None
    assert (found.file.name, found.requires_python) == ("requirements.txt", ">=3.9")


def test_the_first_folder_that_says_anything_counts(tmp_path: Path) -> None:
    write(tmp_path, {"a/notes.txt": "", "b/requirements.txt": "flask", "c/requirements.txt": "x"})
    found = requirements_in([tmp_path / "a", tmp_path / "b", tmp_path / "c"])
    assert found is not None
    assert found.file == tmp_path / "b" / "requirements.txt"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_list_with_a_byte_order_mark_is_read_in_its_encoding(
    tmp_path: Path, encoding: str
) -> None:
    text = "flask \\\r\n  --hash=sha256:00\r\nbottle  # für alle\r\n"
    (tmp_path / "requirements.txt").write_bytes(text.encode(encoding))
    found = requirements_in([tmp_path])
    assert found is not None
    lines = [" ".join(line.split()) for line in found.text.splitlines()]
    assert lines == ["flask --hash=sha256:00", "bottle"]


def test_files_that_name_each_other_are_read_once(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "-r dev.txt\nflask \\\n  --hash=sha256:00\n.\n-e .[dev]\n./vendored\n",
        "dev.txt": "--requirement=requirements.txt\npytest # for tests\n--no-binary foo\n",
    }
    found = requirements_in([write(tmp_path, files)])
    assert found is not None
    lines = [" ".join(line.split()) for line in found.text.splitlines()]
    assert lines == ["pytest", "--no-binary foo", "flask --hash=sha256:00", "./vendored"]
