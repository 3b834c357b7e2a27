"""Every server starts with the options of its manifest, and serves."""

from __future__ import annotations

import contextlib
import http.client
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from serving import first_response, launch_of, started

from timetrial.catalog import App, load_catalog
from timetrial.model.workload import Expectation, Workload

CATALOG = load_catalog()


SERVING = sorted(
    server.name
    for server in CATALOG.servers.values()
    if all(each.when != "always" for each in server.broken)
)

REMARKS = ("INFO:waitress:Serving on", "[WARNING] Configured number of Rust threads appears")
"""Of a server that says where it listens, and of one that knows how few CPUs there are."""


TELLING = ("uwsgi",)
"""They tell their whole start, which no option keeps them from."""

ASKED_FOR_ALL = ("waitress", "uvicorn", "granian-rsgi")
"""A server of each interface is asked for all that the raw app has, while it is up."""


@pytest.mark.parametrize("name", SERVING)
def test_a_server_accepts_its_options_and_serves(name: str, tmp_path: Path) -> None:
    launch = launch_of(name, CATALOG.app("raw"), "hello", tmp_path)
    with started(launch):
        connection, response = first_response(launch)
        with contextlib.closing(connection):
            assert (response.status, response.read()) == (200, b"Hello world!")
            stays_open = serves_again(connection, launch.probe.path)
            if name in ASKED_FOR_ALL:
                answers_all_workloads(connection, name, CATALOG.app("raw"))
    assert stays_open == CATALOG.server(name).keep_alive
    if not name.startswith(TELLING):
        assert not complaints(launch.log), launch.log.read_text("utf-8")


@pytest.mark.parametrize(("server", "app"), [("uvicorn", "starlette"), ("waitress", "werkzeug")])
def test_an_app_answers_all_its_workloads(server: str, app: str, tmp_path: Path) -> None:
    launch = launch_of(server, CATALOG.app(app), "hello", tmp_path)
    with started(launch):
        connection, response = first_response(launch)
        with contextlib.closing(connection):
            response.read()
            answers_all_workloads(connection, server, CATALOG.app(app))


def test_gunicorn_settings_that_lie_beside_an_app_change_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    shutil.copytree(CATALOG.app("werkzeug").folder, folder)
    (folder / "gunicorn.conf.py").write_text("raise SystemExit('was read')", encoding="utf-8")
    app = replace(CATALOG.app("werkzeug"), folder=folder)
    launch = launch_of("gunicorn-sync", app, "hello", tmp_path / "data")
    with started(launch):
        connection, response = first_response(launch)
        with contextlib.closing(connection):
            assert response.status == 200


def answers_all_workloads(connection: http.client.HTTPConnection, server: str, app: App) -> None:
    for workload in short_workloads(app):
        connection.request("GET", workload.paths[CATALOG.server(server).interface])
        assert_expected(connection.getresponse(), workload.expect)
    connection.request("GET", "/nothing")
    assert connection.getresponse().status == 404


def short_workloads(app: App) -> list[Workload]:
    return [each for each in app.workloads.values() if each.wait_s <= 1]


def assert_expected(response: http.client.HTTPResponse, expect: Expectation) -> None:
    body = response.read()
    assert (response.status, len(body)) == (expect.status, expect.body_bytes)
    assert expect.body is None or body == expect.body.encode()


def serves_again(connection: http.client.HTTPConnection, path: str) -> bool:
    """Whether a second request is answered on the same connection, as the first response said."""
    if connection.sock is None:
        return False
    connection.request("GET", path)
    with connection.getresponse() as response:
        response.read()
        return response.status == 200


def complaints(log: Path) -> list[str]:
    lines = log.read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith(REMARKS)]
