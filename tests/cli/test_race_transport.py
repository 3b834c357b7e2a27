"""A race over HTTP/2 or TLS: the servers, their commands, and refusals before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import complaint

from races import a_project
from timetrial.catalog import load_catalog
from timetrial.features.race.eligible_servers import eligible_servers
from timetrial.features.race.race_preparation import deployment
from timetrial.features.race.suite import RaceSettings, race_suite, with_project
from timetrial.model import BadInput, Transport, Workload
from timetrial.verbs.options.race import RaceOptions

CATALOG = load_catalog()
PROJECT = a_project("wsgi", "asgi")
WORKLOAD = Workload.of("home", {"wsgi": "/", "asgi": "/"})


def test_options_say_what_carries_the_requests() -> None:
    assert RaceOptions().protocol is None
    assert RaceOptions(tls=True).protocol == "tls"
    assert RaceOptions(http2=True, streams=20).protocol == "http2"


def test_servers_without_it_are_left_out_with_the_reason() -> None:
    found = eligible_servers(CATALOG, PROJECT, speaking="http2")
    assert {"granian-asgi", "granian-wsgi", "uvicorn"} <= {server.name for server in found.servers}
    whys = {excluded.server: excluded.why for excluded in found.excluded_servers}
    assert whys["waitress"] == "without HTTP/2: it speaks HTTP/1.1 alone"
    with pytest.raises(BadInput, match="'gunicorn-sync' is without HTTP/2: it negotiates"):
        eligible_servers(CATALOG, PROJECT, "gunicorn-sync", speaking="http2")


def test_the_suite_and_the_recommended_commands_have_the_switches() -> None:
    catalog = with_project(CATALOG, PROJECT, WORKLOAD)
    eligible = eligible_servers(catalog, PROJECT, "hypercorn-uvloop,granian-wsgi", speaking="http2")
    settings = RaceSettings(1, 1, 16, protocol="http2", streams=5)
    suite = race_suite(catalog, PROJECT, eligible, WORKLOAD, settings)
    assert {benchmark.transport for benchmark in suite.benchmarks} == {Transport("http2")}
    assert {benchmark.load.pipeline for benchmark in suite.benchmarks} == {5}
    told = {
        stack.name: deployment(stack, catalog.serving(stack), PROJECT, (), {})
        for stack in suite.stacks
    }
    assert "--certfile cert.pem --keyfile key.pem" in told["hypercorn-uvloop"].command_line
    assert "--ssl-certificate cert.pem --ssl-keyfile key.pem" in told["granian-wsgi"].command_line
    assert all(
        "Your certificate in cert.pem, and its key in key.pem (PKCS#8)." in each.needs
        for each in told.values()
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--http2", "--tls"], "--tls and --http2 exclude each other"),
        (["--streams", "4"], "--streams is for --http2"),
        (["--tls", "--streams", "4"], "--streams is for --http2"),
        (["--http2", "--lifecycle"], "--lifecycle and --http2 exclude each other"),
        (["--tls", "--count", "auto"], "--count and --tls exclude each other"),
        (["--http2", "--websocket", "/ws", "--send", "x"], "--websocket and --http2 exclude"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_sentence(
    words: list[str], said: str, tmp_path: Path
) -> None:
    assert said in complaint("race", "shop:app", *words, folder=tmp_path)
