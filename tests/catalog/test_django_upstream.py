"""The endpoints that fetch a document from an HTTPS upstream, on real servers."""

from __future__ import annotations

import contextlib
import json
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
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
    ("server", "asked"),
    [
        ("gunicorn-gthread", {"sync/requests": "1.1", "sync/httpx": "1.1"}),
        ("gunicorn-gevent", {"sync/requests": "1.1", "sync/httpx": "1.1"}),
        ("uvicorn", {"async/requests": "1.1", "async/httpx": "2", "async/aiohttp": "1.1"}),
    ],
)
def test_clients_fetch_the_document_over_a_new_connection_each_time(
    server: str, asked: Mapping[str, str], upstream: Upstream, tmp_path: Path
) -> None:
    """By client: the version of HTTP that it speaks."""
    services = {"upstream_url": upstream.url, "upstream_ca": str(upstream.ca_file)}
    launch = launch_of(server, APP, "json", tmp_path, services)
    with started(launch):
        connection, response = first_response(launch)
        with contextlib.closing(connection):
            response.read()
            for client, version in asked.items():
                before = len(seen_by(upstream))
                for _ in range(REPEATS):
                    connection.request("GET", f"/myapp/{client}")
                    response = connection.getresponse()
                    body = response.read()
                    said = launch.log.read_text("utf-8")
                    assert (response.status, body) == (200, EXPECTED), said
                requests = seen_by(upstream)[before:]
                assert [seen for seen, _ in requests] == [version] * REPEATS, client
                assert len({port for _, port in requests}) == REPEATS, client


def test_what_comes_back_is_the_document_serialised_again() -> None:
    document = (APP.folder / "myapp" / "posts.json").read_text("utf-8")
    assert json.dumps(json.loads(document)).encode() == EXPECTED
    assert len(EXPECTED) == 25_318
