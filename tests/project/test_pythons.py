"""Which Python an app runs on is decided in the open."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from user_projects import CATALOG, WSGI, cache, files_below, find, user_environment, write

from timetrial.model.errors import BadInput, StackFailed
from timetrial.project.overlay import OverlaidEnvironments
from timetrial.project.pythons import choose_python
from timetrial.stacks.interpreter import find_interpreter

BOTTLE = "import bottle\napp = bottle.Bottle()\n"


def other_version() -> str:
    own = f"3.{sys.version_info[1]}"
    for version in ("3.13", "3.12", "3.11"):
        if version != own:
            try:
                find_interpreter((version,), Path(sys.executable))
            except StackFailed:
                continue
            return version
    pytest.skip("no second version of CPython is installed here")


def linked_environment(folder: Path, *packages: str) -> Path:
    """Put an environment where a user would have it."""
    made = user_environment(*packages).python.parents[1]
    folder.symlink_to(made)
    return folder


def test_the_environment_of_the_projects_folder_is_taken(tmp_path: Path) -> None:
    write(tmp_path, {"shop.py": BOTTLE})
    venv = linked_environment(tmp_path / ".venv", "bottle")
    project = find(tmp_path, "shop:app")
    assert project.python == venv / "bin" / "python"
    assert project.framework.startswith("Bottle 0.")
    assert project.notes[0].endswith(f" virtual environment, {venv}.")


def test_the_active_environment_comes_before_that_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path, {"shop.py": BOTTLE, "active/keep": ""})
    linked_environment(tmp_path / ".venv")
    active = linked_environment(tmp_path / "active" / "env", "bottle")
    project = find(tmp_path, "shop:app", virtual_env=active)
    assert project.notes[0].endswith(f" active virtual environment, {active}.")
    assert project.python == active / "bin" / "python"


def test_the_environment_that_uv_is_told_to_use_comes_before_dot_venv(tmp_path: Path) -> None:
    """As for uv it is relative to the project, or to its workspace."""
    root = '[tool.uv.workspace]\nmembers = ["shop"]'
    write(tmp_path, {"pyproject.toml": root, "shop/pyproject.toml": '[project]\nname = "shop"'})
    linked_environment(tmp_path / ".venv")
    named = linked_environment(tmp_path / "linux")
    for folder in (tmp_path, tmp_path / "shop"):
        for of_uv in ("linux", str(named)):
            choice = choose_python(None, [folder], None, of_uv)
            assert choice.python == named / "bin" / "python"
            assert choice.note.endswith(f" that UV_PROJECT_ENVIRONMENT names, {named}.")
    gone = choose_python(None, [tmp_path], None, "gone")
    assert gone.python == tmp_path / ".venv" / "bin" / "python"


def test_a_folder_without_a_project_has_no_environment_of_uv(tmp_path: Path) -> None:
    named = linked_environment(tmp_path / "linux")
    assert not choose_python(None, [tmp_path], None, str(named)).has_packages


def test_an_active_environment_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    venv = linked_environment(tmp_path / "venv")
    assert choose_python(None, [tmp_path], tmp_path / "gone").python == venv / "bin" / "python"


def test_an_app_that_needs_no_packages_runs_on_a_bare_python(tmp_path: Path) -> None:
    project = find(write(tmp_path, {"shop.py": WSGI}), "shop:app")
    assert project.installed == ()
    assert "a bare CPython" in project.notes[0]
    assert "no active virtual" in project.notes[0]


@pytest.mark.parametrize(
    ("files", "file", "command"),
    [
        (
            {"pyproject.toml": '[tool.poetry.dependencies]\nbottle = "*"\n', "poetry.lock": ""},
            "pyproject.toml",
            ("poetry install", '--python "$(poetry env info --path)"'),
        ),
        (
            {
                "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n'
                '[tool.poetry.dependencies]\nbottle = "*"\n'
            },
            "pyproject.toml",
            ("poetry install",),
        ),
        (
            {"Pipfile": '[packages]\nbottle = "*"\n', "setup.py": "install_requires"},
            "Pipfile",
            ("pipenv install", '--python "$(pipenv --venv)"'),
        ),
        ({"environment.yml": "name: shop\n"}, "environment.yml", ("--python .conda/bin/python",)),
        ({"setup.cfg": "[options]\ninstall_requires = bottle\n"}, "setup.cfg", ("install .",)),
        (
            {"requirements/base.txt": "bottle\n", "requirements/a.txt": "pytest\n"},
            "requirements/base.txt",
            (".venv/bin/pip install -r requirements/base.txt",),
        ),
        (
            {"requirements/web.txt": "bottle\n"},
            "requirements/web.txt",
            ("-r requirements/web.txt",),
        ),
    ],
)
def test_requirements_for_another_tool_are_named_with_what_to_type(
    tmp_path: Path, files: dict[str, str], file: str, command: tuple[str, ...]
) -> None:
    choice = choose_python(None, [write(tmp_path, files)], None)
    assert not choice.has_packages
    assert choice.requirements is None
    assert f"what it needs is listed in {file}, which Timetrial does not read" in choice.note
    assert f" in {tmp_path}" in choice.note
    for words in command:
        assert words in choice.note


def test_an_app_without_its_packages_is_told_where_they_are_listed(tmp_path: Path) -> None:
    write(tmp_path, {"shop.py": "import flask_shop\n", "Pipfile": ""})
    with pytest.raises(BadInput, match=r"'flask_shop' .* listed in Pipfile, .* `pipenv install`"):
        find(tmp_path, "shop:app")


def test_requirements_get_an_environment_of_their_own(tmp_path: Path) -> None:
    files = {
        "shop.py": BOTTLE,
        "requirements.txt": "-r more/base.txt  # the rest\n-e .\n",
        "more/base.txt": "-c pins.txt\nbottle\n",
        "more/pins.txt": "bottle==0.13.3\n",
    }
    write(tmp_path, files)
    before = files_below(tmp_path)
    project = find(tmp_path, "shop:app")
    assert project.installed == ("bottle==0.13.3",)
    assert project.python.is_relative_to(cache())
    assert "from requirements.txt" in project.notes[0]
    assert files_below(tmp_path) == before
    assert find(tmp_path, "shop:app").python == project.python
    write(tmp_path, {"more/pins.txt": "bottle==0.13.2\n"})
    assert find(tmp_path, "shop:app").installed == ("bottle==0.13.2",)


def test_a_pyproject_gets_an_environment_with_its_dependencies(tmp_path: Path) -> None:
    files = {
        "src/shop/__init__.py": BOTTLE,
        "pyproject.toml": """
        [project]
        name = "shop"
        version = "1"
        dependencies = ["bottle==0.13.3"]
        """,
    }
    write(tmp_path, files)
    before = files_below(tmp_path)
    project = find(tmp_path, "shop:app")
    assert project.installed == ("bottle==0.13.3",)
    assert project.env["PYTHONPATH"] == str(tmp_path / "src")
    assert files_below(tmp_path) == before


def test_another_version_has_an_environment_of_its_own(tmp_path: Path) -> None:
    version = other_version()
    write(tmp_path, {"shop.py": BOTTLE, "requirements.txt": "bottle==0.13.3"})
    project = find(tmp_path, "shop:app", python=version)
    assert project.python_version.startswith(f"CPython {version}.")
    assert project.installed == ("bottle==0.13.3",)


def test_the_version_that_a_project_asks_for_is_looked_for(tmp_path: Path) -> None:
    version = other_version()
    text = f'[project]\nname = "shop"\nversion = "1"\nrequires-python = "=={version}.*"\n'
    project = find(write(tmp_path, {"shop.py": WSGI, "pyproject.toml": text}), "shop:app")
    assert project.python_version.startswith(f"CPython {version}.")
    with pytest.raises(BadInput, match=r"asks for Python >=3\.99, and none is installed here"):
        find(write(tmp_path, {"pyproject.toml": text.replace(f"=={version}.*", ">=3.99")}), "shop")


def test_an_interpreter_can_be_given_by_its_path(tmp_path: Path) -> None:
    write(tmp_path, {"shop.py": WSGI})
    base = os.path.realpath(sys.executable)
    project = find(tmp_path, "shop:app", python=base)
    assert project.python == Path(base)
    assert f" {base} " in project.notes[0]


def test_packages_that_were_installed_for_the_user_alone_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path / "base"))
    minor = f"python3.{sys.version_info[1]}"
    site = f"base/lib/{minor}/site-packages"
    write(tmp_path, {f"{site}/prices.py": "PRICE = 3", "shop.py": f"import prices\n{WSGI}"})
    project = find(tmp_path, "shop:app", python=os.path.realpath(sys.executable))
    assert tmp_path / site in project.site_folders
    environment = OverlaidEnvironments(project, cache()).prepare(["waitress"], CATALOG.locks)
    subprocess.run([environment.python, "-c", "import prices, waitress"], check=True, timeout=60)


@pytest.mark.parametrize(
    ("files", "python", "problem"),
    [
        ({}, "gone/bin/python", "--python 'gone/bin/python' is neither an interpreter nor"),
        ({}, "3.4", "--python 3.4: no CPython 3.4 is installed here"),
        ({}, "three", "--python 'three' is neither"),
        (
            {"requirements.txt": "no-such-package-of-ours==1"},
            None,
            "'.*requirements.txt' asks for ended .*no-such-package-of-ours.* another Python than C",
        ),
        ({"pyproject.toml": "[project"}, None, r"pyproject.toml is no TOML"),
        (
            {"pyproject.toml": '[project]\nname = "a"\ndynamic = ["dependencies"]'},
            None,
            "must contain .'version'. .*; install the project into a virtual environment and name",
        ),
        ({"requirements.txt": "-r gone.txt"}, None, "cannot read the requirements in '.*gone.txt'"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(
    tmp_path: Path, files: dict[str, str], python: str | None, problem: str
) -> None:
    write(tmp_path, {"shop.py": WSGI, **files})
    with pytest.raises(BadInput, match=problem) as caught:
        find(tmp_path, "shop:app", python=python)
    assert "\n" not in str(caught.value)
