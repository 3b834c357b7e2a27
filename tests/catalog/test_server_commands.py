"""Every server starts with the options of its manifest, and serves."""

from __future__ import annotations

import contextlib
import http.client
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from serving import first_response, launch_of, started

from timetrial.catalog import load_catalog

CATALOG = load_catalog()


@pytest.mark.parametrize("name", sorted(CATALOG.servers))
def test_a_server_accepts_its_options_and_serves(name: str, tmp_path: Path) -> None:
    launch = launch_of(name, CATALOG.app("raw"), "hello", tmp_path)
    with started(launch):
        connection, response = first_response(launch)
        with contextlib.closing(connection):
            assert (response.status, response.read()) == (200, b"Hello world!")
            stays_open = serves_again(connection, launch.probe.path)
    assert stays_open == CATALOG.server(name).keep_alive
    if not name.startswith("uwsgi"):  # it tells its whole start, which no option keeps it from
        assert not complaints(launch.log), launch.log.read_text("utf-8")


@pytest.mark.parametrize(
    ("server", "app"),
    [("waitress", "raw"), ("uvicorn", "raw"), ("uvicorn", "starlette"), ("waitress", "werkzeug")],
)
def test_an_app_answers_all_its_workloads(server: str, app: str, tmp_path: Path) -> None:
    launch = launch_of(server, CATALOG.app(app), "hello", tmp_path)
    with started(launch):
        connection, response = first_response(launch)
        with contextlib.closing(connection):
            response.read()
            for workload in CATALOG.app(app).workloads.values():
                connection.request("GET", workload.paths[CATALOG.server(server).interface])
                response = connection.getresponse()
                assert response.read().decode() == workload.expect.body
                assert response.status == workload.expect.status
            connection.request("GET", "/nothing")
            assert connection.getresponse().status == 404


def test_gunicorn_settings_that_lie_beside_an_app_change_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    shutil.copytree(CATALOG.app("raw").folder, folder)
    (folder / "gunicorn.conf.py").write_text("raise SystemExit('was read')", encoding="utf-8")
    app = replace(CATALOG.app("raw"), folder=folder)
    launch = launch_of("gunicorn-sync", app, "hello", tmp_path / "data")
    with started(launch):
        connection, response = first_response(launch)
        with contextlib.closing(connection):
            assert response.status == 200


def serves_again(connection: http.client.HTTPConnection, path: str) -> bool:
    """Whether a second request is answered on the same connection, as the first response said."""
    if connection.sock is None:
        return False
    connection.request("GET", path)
    return connection.getresponse().status == 200


def complaints(log: Path) -> list[str]:
    lines = log.read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("INFO:waitress:Serving on")]
