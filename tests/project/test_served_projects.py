"""Projects of users are served by servers of the catalog, unmodified."""

from __future__ import annotations

import subprocess
import urllib.request
from pathlib import Path

import pytest
from user_projects import CATALOG, WSGI, cache, find, user_environment, write

from timetrial.machine.placement import available_cpus
from timetrial.machine.ports import free_port
from timetrial.model.suite import Stack
from timetrial.model.workload import Expectation, Request, Workload
from timetrial.project.overlay import OverlaidEnvironments
from timetrial.project.project import Project
from timetrial.stacks import process
from timetrial.stacks.launch_builder import (
    PreparedStack,
    build_launch,
    prepare_app,
    stack_locks,
    stack_packages,
)


def answer_of(project: Project, server_name: str, work: Path, path: str = "/") -> str:
    """Set the project up and serve it for one request."""
    server = CATALOG.server(server_name)
    workload = Workload.of("one", dict.fromkeys(project.targets, path))
    app = project.app(workload)
    environment = OverlaidEnvironments(project, cache()).prepare(
        stack_packages(server, app), stack_locks(server, app, CATALOG), server.python
    )
    prepare_app(app, environment, work, [server.interface])
    stack = Stack(server.name, server.name, app.name, server.interface, workers=1, threads=1)
    launch = build_launch(
        PreparedStack(stack, server, app, environment, work),
        port=free_port(),
        cpus=available_cpus(),
        log=work / "log",
        probe=Request(path, Expectation()),
    )
    running = process.start(launch)
    try:
        url = f"http://127.0.0.1:{launch.port}{path}"
        with urllib.request.urlopen(url, timeout=60) as response:
            return str(response.read().decode())
    finally:
        running.stop(1.0)


@pytest.fixture(scope="module")
def flask_app(tmp_path_factory: pytest.TempPathFactory) -> Project:
    code = """
    import flask
    from .prices import PRICE
    app = flask.Flask("shop")

    @app.get("/")
    def price():
        return f"it costs {PRICE}"
    """
    files = {"src/shop/__init__.py": "", "src/shop/app.py": code, "src/shop/prices.py": "PRICE = 3"}
    python = str(user_environment("flask").python)
    return find(write(tmp_path_factory.mktemp("flask"), files), "shop.app:app", python=python)


@pytest.mark.parametrize("server", ["gunicorn-gthread", "waitress", "cheroot", "uwsgi"])
def test_a_flask_app(flask_app: Project, tmp_path: Path, server: str) -> None:
    assert answer_of(flask_app, server, tmp_path / "work") == "it costs 3"


@pytest.fixture(scope="module")
def made_by_a_factory(tmp_path_factory: pytest.TempPathFactory) -> Project:
    code = """
    import os
    from fastapi import FastAPI

    def create_app():
        app = FastAPI()

        @app.get("/")
        async def settings():
            return os.environ["SHOP_SETTINGS"]

        return app
    """
    return find(
        write(tmp_path_factory.mktemp("fastapi"), {"main.py": code}),
        "main:create_app",
        factory=True,
        python=str(user_environment("fastapi").python),
        env={"SHOP_SETTINGS": '{"open": {"at": 9}}'},
    )


@pytest.mark.parametrize("server", ["uvicorn", "granian-asgi", "hypercorn-asyncio"])
def test_a_fastapi_app_with_a_factory(
    made_by_a_factory: Project, tmp_path: Path, server: str
) -> None:
    assert answer_of(made_by_a_factory, server, tmp_path / "work") == r'"{\"open\": {\"at\": 9}}"'


def test_a_new_django_project_with_its_admin(tmp_path: Path) -> None:
    django = user_environment("django")
    folder = tmp_path / "project"
    folder.mkdir()
    admin = [str(django.bin / "django-admin"), "startproject", "mysite", str(folder)]
    subprocess.run(admin, check=True, timeout=60)
    for server, setup in (("gunicorn-gthread", ("python manage.py migrate",)), ("uvicorn", ())):
        project = find(folder, python=str(django.python), setup=setup)
        page = answer_of(project, server, tmp_path / server, "/admin/login/?next=/admin/")
        assert "Django administration" in page
        assert (folder / "db.sqlite3").is_file()


def test_setup_commands_run_the_projects_own_programs(tmp_path: Path) -> None:
    code = """
    from pathlib import Path
    import flask
    app = flask.Flask("shop")

    @app.cli.command("fill")
    def fill():
        Path("filled").write_text("with care")

    @app.get("/")
    def filled():
        return Path("filled").read_text()
    """
    project = find(
        write(tmp_path / "project", {"shop.py": code}),
        "shop:app",
        python=str(user_environment("flask").python),
        setup=("flask --app shop fill", "python -c 'print({1: 2})'"),
    )
    assert answer_of(project, "waitress", tmp_path / "work") == "with care"


def test_a_service_is_there_while_the_app_is_imported(tmp_path: Path) -> None:
    pytest.importorskip("redis")
    code = """
    import os
    import redis
    redis.Redis.from_url(os.environ["REDIS_URL"]).ping()
    redis.Redis.from_url(os.environ["CACHE_URL"]).ping()
    """
    project = find(
        write(tmp_path / "project", {"shop.py": code.replace("\n    ", "\n") + WSGI}),
        "shop:app",
        python=str(user_environment("redis").python),
        services=("redis",),
        env={"CACHE_URL": "{redis_url}"},
    )
    assert project.env == {"REDIS_URL": "{redis_url}", "CACHE_URL": "{redis_url}"}
    assert project.services == ("redis",)
