"""Every framework app answers the same: bodies are compared across frameworks, on real servers."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import first_response, launch_of, started

from timetrial.catalog import App, load_catalog

CATALOG = load_catalog()
ENDPOINTS = ("json", "wait_50ms", "query", "template")
FRAMEWORKS = sorted(
    name for name, app in CATALOG.apps.items() if {*ENDPOINTS} <= app.workloads.keys()
)
SERVERS = {"wsgi": "waitress", "asgi": "uvicorn"}
STACKS = [(app, SERVERS[each]) for app in FRAMEWORKS for each in CATALOG.app(app).interfaces]

PAGE = (CATALOG.app("django").folder / "expected" / "template_query.html").read_text("utf-8")
SENT = b"\x00\xff and\r\nmore" * 1_000

VALUES = {
    "json": [{"name": "name", "value": 1}],
    "wait_50ms": {"status": "ok"},
    "query": [{"name": f"name{number}", "value": number} for number in range(30)],
}


Served = tuple[App, str, http.client.HTTPConnection]
"""An app, its interface, and a connection to a server that serves it."""


@pytest.fixture(scope="module", params=STACKS, ids="-".join)
def connection(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    name, server = request.param
    app = CATALOG.app(name)
    launch = launch_of(server, app, "json", tmp_path_factory.mktemp(name))
    with started(launch):
        connection, response = first_response(launch)
        response.read()
        yield app, CATALOG.server(server).interface, connection
        connection.close()


def test_every_workload_gets_the_response_that_it_expects(connection: Served) -> None:
    app, interface, client = connection
    for name, workload in app.workloads.items():
        path = {str(each): path for each, path in workload.paths.items()}[interface]
        (step,) = workload.steps
        client.request(step.method, path, step.body.encode() or None, dict(step.headers))
        response = client.getresponse()
        assert (response.status, response.read().decode()) == (200, workload.expect.body), name


def test_every_framework_answers_with_the_same_values(connection: Served) -> None:
    app, interface, client = connection
    for kind in kinds_of(app, interface):
        for endpoint in ENDPOINTS:
            client.request("GET", f"/{kind}/{endpoint}")
            response = client.getresponse()
            body = response.read().decode()
            if endpoint == "template":
                assert response.getheader("Content-Type", "").lower() == "text/html; charset=utf-8"
                assert body == PAGE.rstrip("\n")
            else:
                assert response.getheader("Content-Type") == "application/json"
                assert json.loads(body) == VALUES[endpoint]


def test_what_is_posted_comes_back_byte_for_byte(connection: Served) -> None:
    app, interface, client = connection
    for kind in kinds_of(app, interface):
        if (app.name, kind) == ("quart", "sync"):
            continue  # a `def` handler of Quart cannot read the body of its request
        client.request("POST", f"/{kind}/echo", SENT, {"Content-Type": "application/octet-stream"})
        response = client.getresponse()
        assert (response.status, response.read()) == (200, SENT)
        assert response.getheader("Content-Length") == str(len(SENT))


def test_another_path_is_not_found(connection: Served) -> None:
    _, _, client = connection
    client.request("GET", "/nothing")
    response = client.getresponse()
    response.read()
    assert response.status == 404


def test_every_framework_has_the_same_workloads() -> None:
    for name in FRAMEWORKS:
        workloads = CATALOG.app(name).workloads
        assert {each for each in workloads if "/" not in each} == {*ENDPOINTS, "echo"}
        assert {each.wait_s for key, each in workloads.items() if "wait" in key} == {0.05}


def kinds_of(app: App, interface: str) -> set[str]:
    """Tell which of `def` and `async def` it has for an interface, by the paths it is asked at."""
    return {
        path.split("/")[1]
        for workload in app.workloads.values()
        for each, path in workload.paths.items()
        if each == interface
    }


def test_the_shared_page_is_djangos() -> None:
    common = Path(CATALOG.app("flask").folder.parent / "common" / "expected" / "template.html")
    assert common.read_text("utf-8") == PAGE.rstrip("\n")


def test_serving_writes_nothing_into_the_apps(tmp_path: Path) -> None:
    app = CATALOG.app("flask")
    with started(launch := launch_of("waitress", app, "query", tmp_path)):
        first_response(launch)[0].close()
    assert (tmp_path / "items.sqlite3").is_file()
    assert not [*app.folder.parent.rglob("*.sqlite3"), *app.folder.parent.rglob("__pycache__")]
