"""Servers are laid over a project's environment, which stays as it is and shows behind them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from user_projects import CATALOG, WSGI, cache, files_below, find, user_environment, write

from timetrial.model.errors import StackFailed
from timetrial.project.overlay import OverlaidEnvironments
from timetrial.project.project import Project
from timetrial.stacks.environment import Environment, run_uv
from timetrial.stacks.interpreter import find_interpreter

LOCKS = CATALOG.locks
FLASK = "import flask\napp = flask.Flask('shop')\n"


@pytest.fixture(scope="session")
def flask() -> Environment:
    return user_environment("flask", "click==8.1.7")


def project_on(environment: Environment, folder: Path, code: str = FLASK) -> Project:
    return find(write(folder, {"shop.py": code}), "shop:app", python=str(environment.python))


def overlaid(project: Project, *packages: str) -> Environment:
    return OverlaidEnvironments(project, cache()).prepare(packages, LOCKS)


def said_by(environment: Environment, code: str) -> str:
    command = [str(environment.python), "-c", code]
    return subprocess.check_output(command, text=True, timeout=60).strip()


def own_packages(environment: Environment) -> set[str]:
    (site,) = environment.bin.parent.glob("lib/python*/site-packages")
    return {each.name.partition("-")[0] for each in site.glob("*.dist-info")}


def pinned(name: str) -> str:
    lock = LOCKS[0].read_text("utf-8")
    return next(
        line.split()[0].partition("==")[2]
        for line in lock.splitlines()
        if line.startswith(f"{name}==")
    )


def test_a_server_and_the_projects_packages_are_seen_together(
    tmp_path: Path, flask: Environment
) -> None:
    project = project_on(flask, tmp_path)
    environment = overlaid(project, "gunicorn")
    assert environment.python != project.python
    code = "import gunicorn, flask; print(gunicorn.__version__, flask.__file__)"
    version, file = said_by(environment, code).split()
    assert version == pinned("gunicorn")
    assert Path(file).is_relative_to(project.site_folders[0])
    assert set(project.installed) < set(environment.packages)
    assert f"gunicorn=={version}" in environment.packages
    assert environment.notes == ()
    done = subprocess.run([environment.bin / "gunicorn", "--version"], check=True, timeout=60)
    assert done.returncode == 0


def test_the_projects_own_environment_is_not_written_to(tmp_path: Path, flask: Environment) -> None:
    project = project_on(flask, tmp_path)
    before = files_below(flask.python.parents[1])
    OverlaidEnvironments(project, tmp_path / "cache").prepare(["waitress"], LOCKS)
    assert files_below(flask.python.parents[1]) == before


def test_what_the_project_has_is_not_replaced_by_what_a_server_would_bring(
    tmp_path: Path, flask: Environment
) -> None:
    """What uvicorn asks for is click, of which any version that is not too old will do."""
    environment = overlaid(project_on(flask, tmp_path), "uvicorn")
    assert "click==8.1.7" in environment.packages
    assert own_packages(environment) == {"uvicorn", "h11"}
    code = "import click, uvicorn; print(click.__version__)"
    assert said_by(environment, code) == "8.1.7"


def test_a_server_that_the_project_has_in_another_version_is_shadowed_and_noted(
    tmp_path: Path,
) -> None:
    project = project_on(user_environment("flask", "gunicorn==23.0.0"), tmp_path)
    environment = overlaid(project, "gunicorn")
    version = pinned("gunicorn")
    assert said_by(environment, "import gunicorn; print(gunicorn.__version__)") == version
    (note,) = environment.notes
    assert "gunicorn 23.0.0" in note
    assert version in note
    assert f"gunicorn=={version}" in environment.packages
    assert "gunicorn==23.0.0" not in environment.packages


def test_a_wheel_of_the_program_that_the_project_has_is_noted(
    tmp_path: Path, flask: Environment
) -> None:
    project = replace(project_on(flask, tmp_path), installed=("uWSGI==2.0.31",))
    (note,) = overlaid(project, "pyuwsgi").notes
    version = pinned("pyuwsgi")
    assert f"has uwsgi 2.0.31; what races is pyuwsgi {version}, another build of it" in note


def test_a_server_that_the_project_has_in_the_same_version_keeps_its_programs(
    tmp_path: Path,
) -> None:
    environment = overlaid(project_on(user_environment("flask", "waitress"), tmp_path), "waitress")
    assert environment.notes == ()
    assert (environment.bin / "waitress-serve").exists()


def test_a_version_that_a_server_cannot_do_with_is_shadowed_and_noted(tmp_path: Path) -> None:
    """Hypercorn asks for h2 4.3 or newer."""
    user = user_environment("h2==4.1.0")
    environment = overlaid(project_on(user, tmp_path, WSGI), "hypercorn")
    (note,) = (note for note in environment.notes if " h2 " in note)
    assert "h2 4.1.0" in note
    assert said_by(environment, "import h2; print(h2.__version__)") != "4.1.0"


def test_a_change_of_the_project_makes_another_one(tmp_path: Path, flask: Environment) -> None:
    project = project_on(flask, tmp_path)
    changed = replace(project, installed=(*project.installed, "more==1"))
    assert overlaid(project, "waitress").bin == overlaid(project, "waitress").bin
    assert overlaid(project, "waitress").bin != overlaid(changed, "waitress").bin


def test_a_server_that_does_not_run_on_the_projects_python_fails_to_install(
    tmp_path: Path, flask: Environment
) -> None:
    project = project_on(flask, tmp_path)
    with pytest.raises(StackFailed, match=r"3\.7; .*CPython 3\.\d") as failed:
        OverlaidEnvironments(project, cache()).prepare(["waitress"], LOCKS, ["3.7"])
    assert failed.value.phase == "install"


def test_a_server_that_is_too_new_for_the_projects_python_is_told_so(tmp_path: Path) -> None:
    try:
        old = find_interpreter(("3.9", "3.8"), Path(sys.executable))
    except StackFailed:
        pytest.skip("neither CPython 3.9 nor 3.8 is installed here")
    project = find(write(tmp_path, {"shop.py": WSGI}), "shop:app", python=str(old))
    for package in ("gunicorn", "granian[uvloop]"):
        with pytest.raises(StackFailed, match=r">=3\.1\d; .*CPython 3\.[89]") as failed:
            overlaid(project, package)
        assert failed.value.phase == "install"


def test_a_server_that_cannot_be_resolved_fails_with_the_reason(
    tmp_path: Path, flask: Environment
) -> None:
    with pytest.raises(StackFailed, match=r" waitress==0\.0\.0") as caught:
        overlaid(project_on(flask, tmp_path), "waitress==0.0.0")
    assert "waitress" in caught.value.log_tail


def test_an_editable_install_with_a_namespace_package_is_seen_behind(tmp_path: Path) -> None:
    files = {
        "src/acme/shop/__init__.py": (
            "def app(environ, start_response):\n"
            "    start_response('200 OK', [])\n"
            "    return [b'ok']\n"
        ),
        "pyproject.toml": """
        [build-system]
        requires = ["hatchling"]
        build-backend = "hatchling.build"

        [project]
        name = "acme-shop"
        version = "1.2"

        [tool.hatch.build.targets.wheel]
        packages = ["src/acme"]
        """,
    }
    folder = write(tmp_path / "shop", files)
    venv = tmp_path / "venv"
    python = str(venv / "bin" / "python")
    for arguments in (
        ("venv", "--python", sys.executable, str(venv)),
        ("pip", "install", "--python", python, "-e", str(folder)),
    ):
        done = run_uv(tmp_path, *arguments)
        assert done.ok, done.tail
    (site,) = venv.glob("lib/python*/site-packages")
    write(site, {"acme/prices.py": "PRICE = 3\n"})
    project = find(tmp_path, "acme.shop:app", python=python)
    assert "acme-shop==1.2" in project.installed
    environment = overlaid(project, "waitress")
    code = "import acme.shop, acme.prices, waitress; print(acme.shop.__file__)"
    assert Path(said_by(environment, code)).is_relative_to(folder)


def test_programs_of_the_project_come_after_those_of_the_server(
    tmp_path: Path, flask: Environment
) -> None:
    project = project_on(flask, tmp_path)
    environment = overlaid(project, "gunicorn")
    assert environment.path == (project.python.parent,)
    assert (environment.path[0] / "flask").exists()
