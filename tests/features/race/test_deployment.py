"""The command for production: the measured one, without what is only there for a race."""

from __future__ import annotations

import re
import tomllib

import pytest

from races import a_project
from timetrial.catalog import Catalog, load_catalog
from timetrial.catalog.registry import Server
from timetrial.features.race.race_preparation import HOST, deployment, files_of
from timetrial.features.race.suite import raced_framework
from timetrial.model.race_info import Deployment
from timetrial.model.suite import Stack
from timetrial.project.project import Project

INSTALLED = ("gunicorn==27.0.1", "uvicorn==0.54.0", "uvicorn_worker==0.4.0", "uvloop==0.23.0")


@pytest.fixture(scope="module", name="catalog")
def _catalog() -> Catalog:
    return load_catalog()


def deployed(server: Server, project: Project | None = None) -> Deployment:
    project = project or a_project("wsgi", "asgi", "rsgi")
    stack = Stack(server.name, server.name, "shop", server.interface, 2, 4)
    files = {
        str(file.relative_to(server.folder)): file.read_text("utf-8")
        for folder in files_of(server)
        for file in (server.folder / folder).iterdir()
        if file.is_file()
    }
    return deployment(stack, server, project, INSTALLED, files)


def test_no_command_has_anything_of_this_machine_or_of_a_placeholder(catalog: Catalog) -> None:
    for server in catalog.servers.values():
        words = " ".join(deployed(server).command)
        assert "{" not in words
        assert str(server.folder) not in words
        assert HOST in words
        assert "8000" in words


def test_an_option_for_an_empty_file_is_left_out(catalog: Catalog) -> None:
    found = deployed(catalog.servers["gunicorn-gthread"])
    assert found.command[:2] == ("gunicorn", "--no-control-socket")
    assert "--config" not in found.command
    assert found.command[-1] == "shop.wsgi:application"
    assert found.needs == ()


def test_a_file_with_settings_is_written_out(catalog: Catalog) -> None:
    found = deployed(catalog.servers["hypercorn-uvloop"])
    assert found.command[:3] == ("hypercorn", "--config", "hypercorn.toml")
    (need,) = found.needs
    assert "hypercorn.toml" in need
    (line,) = re.findall("`(.+)`", need)
    assert tomllib.loads(line) == {"keep_alive_max_requests": 1_000_000_000}


def test_a_launcher_of_timetrials_is_named_with_what_it_imports(catalog: Catalog) -> None:
    server = catalog.servers["cheroot"]
    found = deployed(server)
    assert found.command[:2] == ("python", "cheroot_server.py")
    (need,) = found.needs
    assert need.startswith("cheroot_server.py and prefork_workers.py ")
    assert str(server.folder / "config") in need


def test_packages_have_the_versions_that_raced(catalog: Catalog) -> None:
    packages = deployed(catalog.servers["gunicorn-uvicorn"]).packages
    assert packages == (
        "gunicorn==27.0.1", "httptools", "uvicorn==0.54.0", "uvicorn-worker==0.4.0",
        "uvloop==0.23.0",
    )  # fmt: skip
    assert deployed(catalog.servers["gunicorn-gevent"]).packages == ("gunicorn[gevent]==27.0.1",)


def test_a_factory_is_called_by_a_module_of_two_lines(catalog: Catalog) -> None:
    found = deployed(catalog.servers["uvicorn"], a_project("asgi", factory="shop.web:create_app"))
    assert found.command[-1] == "served:app"
    (need,) = found.needs
    assert "served.py" in need
    lines = ["from shop.web import create_app", "app = create_app()"]
    assert re.findall("`(.+?)`", need) == lines


def test_packages_in_chosen_versions_are_installed_with_the_server(catalog: Catalog) -> None:
    server = catalog.servers["gunicorn-gthread"]
    stack = Stack(
        server.name, server.name, "shop", "wsgi", 2, 4,
        requirements=("gunicorn==27.0.1", "bottle==0.12.25"),
    )  # fmt: skip
    found = deployment(stack, server, a_project("wsgi"), INSTALLED, {})
    assert found.packages == ("gunicorn==27.0.1", "bottle==0.12.25")


@pytest.mark.parametrize(
    ("framework", "requirements", "raced"),
    [
        ("Bottle 0.13.2", [("bottle==0.12.25",)], "Bottle 0.12.25"),
        ("Bottle 0.13.2", [("bottle==0.12.25",), ("bottle==0.13.4",)], "Bottle 0.12.25 and 0.13.4"),
        ("Bottle 0.13.2", [("granian==2.8.5",), ()], "Bottle 0.13.2"),
        ("", [("bottle==0.12.25",)], ""),
    ],
)
def test_a_framework_is_named_in_the_versions_that_race(
    framework: str, requirements: list[tuple[str, ...]], raced: str
) -> None:
    stacks = [
        Stack(str(place), "waitress", "shop", "wsgi", 1, 1, requirements=lines)
        for place, lines in enumerate(requirements)
    ]
    assert raced_framework(framework, stacks) == raced
