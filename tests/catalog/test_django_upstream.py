"""The endpoints that fetch a document from an HTTPS upstream, on real servers."""

from __future__ import annotations

import contextlib
import json
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from backing import Upstream, https_upstream
from serving import first_response, launch_of, started

from timetrial.catalog import load_catalog

pytestmark = pytest.mark.live

APP = load_catalog().app("django")
EXPECTED = (APP.folder / "expected" / "posts.json").read_bytes()
REPEATS = 3


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    folder = tmp_path_factory.mktemp("upstream")
    with https_upstream(APP.folder / "myapp" / "posts.json", folder) as upstream:
        yield upstream


def seen_by(upstream: Upstream) -> list[tuple[str, int]]:
    context = ssl.create_default_context(cafile=upstream.ca_file)
    url = f"https://127.0.0.1:{upstream.port}/seen"
    with urllib.request.urlopen(url, context=context, timeout=60) as answer:
        return [(version, port) for version, port in json.load(answer)]


@pytest.mark.parametrize(
    ("server", "path", "version"),
    [
        ("gunicorn-gthread", "/myapp/sync/requests", "1.1"),
        ("gunicorn-gthread", "/myapp/sync/httpx", "1.1"),
        ("gunicorn-gevent", "/myapp/sync/requests", "1.1"),
        ("gunicorn-gevent", "/myapp/sync/httpx", "1.1"),
        ("uvicorn", "/myapp/async/requests", "1.1"),
        ("uvicorn", "/myapp/async/httpx", "2"),
        ("uvicorn", "/myapp/async/aiohttp", "1.1"),
    ],
)
def test_a_client_fetches_the_document_over_a_new_connection_each_time(
    server: str, path: str, version: str, upstream: Upstream, tmp_path: Path
) -> None:
    services = {"upstream_url": upstream.url, "upstream_ca": str(upstream.ca_file)}
    before = len(seen_by(upstream))
    launch = launch_of(server, APP, "json", tmp_path, services)
    with started(launch):
        connection, response = first_response(launch)
        with contextlib.closing(connection):
            response.read()
            for _ in range(REPEATS):
                connection.request("GET", path)
                response = connection.getresponse()
                body = response.read()
                assert (response.status, body) == (200, EXPECTED), launch.log.read_text("utf-8")
    requests = seen_by(upstream)[before:]
    assert [seen_version for seen_version, _ in requests] == [version] * REPEATS
    assert len({port for _, port in requests}) == REPEATS


def test_what_comes_back_is_the_document_serialised_again() -> None:
    document = (APP.folder / "myapp" / "posts.json").read_text("utf-8")
    assert json.dumps(json.loads(document)).encode() == EXPECTED
    assert len(EXPECTED) == 25_318
