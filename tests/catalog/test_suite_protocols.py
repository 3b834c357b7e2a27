"""HTTP/2 and TLS in suite files: which servers speak them, how they start, what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from timetrial.catalog import build_suite, load_catalog, read_suite
from timetrial.catalog.suites import check_references
from timetrial.model import Carrier, ManifestError, Request, Stack, Transport
from timetrial.stacks.certificates import Certificates
from timetrial.stacks.environment import Environment
from timetrial.stacks.fingerprint.launch import with_placeholders
from timetrial.stacks.launch_builder import PreparedStack, build_launch

CATALOG = load_catalog()
SUITES: tuple[Carrier, ...] = ("http2", "h2c", "tls")
MADE = Certificates(Path("/run/cert.pem"), Path("/run/key.pem"), Path("/run/authority.pem"))
SUITE = """
name = "mine"
title = "Mine"
app = "raw"
servers = ["uvicorn"]
rounds = 3
[[benchmarks]]
workload = "hello"
connections = 8
window_ms = 150
lead_in_ms = 50
windows = 4
"""
MORE = """
[[benchmarks]]
workload = "wait_50ms"
connections = 8
window_ms = 150
lead_in_ms = 50
windows = 4
"""


@pytest.mark.parametrize("name", SUITES)
def test_servers_of_a_suite_speak_its_protocol_or_say_why_not(name: Carrier) -> None:
    suite = build_suite(CATALOG.suite(name), CATALOG)
    assert {benchmark.transport and benchmark.transport.protocol for benchmark in suite.benchmarks}
    cannot = {stack.name for stack in suite.stacks if suite.skips(stack)}
    assert "waitress" in cannot
    assert {"granian-asgi", "hypercorn-uvloop", "uvicorn"} <= {
        stack.name for stack in suite.stacks
    } - cannot
    for stack in suite.stacks:
        assert stack.protocols == (name,)
        assert stack.is_encrypted == (name != "h2c")
        known = stack.known_failure_in(suite.benchmarks[0])
        assert (known is not None) == (stack.name in cannot)
        assert known is None or (known.when, bool(known.reason)) == (name, True)


def test_streams_are_the_requests_in_flight_on_a_connection_and_no_pipeline() -> None:
    suite = build_suite(CATALOG.suite("http2"), CATALOG)
    wait = suite.benchmark("wait-20-streams")
    assert (wait.load.pipeline, wait.pipelines, wait.is_http2) == (20, False, True)
    assert wait.load_text == ("4 connections with 20 requests in flight on each, HTTP/2 over TLS")
    resumed = build_suite(CATALOG.suite("tls"), CATALOG).benchmark("resumed-handshakes")
    assert resumed.transport == Transport("tls", resumes_tls=True)
    assert resumed.load_text.endswith("each request, HTTP/1.1 over TLS, sessions resumed")


def test_what_has_no_known_switch_is_not_tried() -> None:
    meinheld = CATALOG.server("meinheld")
    assert meinheld.silent_on("tls") == "has no known switch for it"
    assert meinheld.silent_on("streaming") == ""


@pytest.mark.parametrize(
    ("name", "protocol", "words"),
    [
        ("granian-asgi", "http2", ("--ssl-certificate", "/run/cert.pem")),
        ("uvicorn", "tls", ("--ssl-keyfile", "/run/key.pem")),
        ("daphne", "tls", ("ssl:port=8000:interface=127.0.0.1:privateKey=/run/key.pem",)),
        ("uvicorn", "h2c", ("--http", "zttp", "--http2")),
    ],
)
def test_a_start_has_the_files_of_the_run(
    name: str, protocol: Carrier, words: tuple[str, ...], tmp_path: Path
) -> None:
    server, app = CATALOG.server(name).speaking([protocol]), CATALOG.app("raw")
    stack = Stack(name, name, "raw", server.interface, 1, 1, protocols=(protocol,))
    own = Environment(Path(sys.executable), Path("/env/bin"), (), "CPython")
    prepared = PreparedStack(stack, server, app, own, tmp_path, MADE)
    launch = build_launch(
        prepared, port=8000, cpus=(0,), log=tmp_path / "log", probe=Request("/hello")
    )
    assert " ".join(words) in " ".join(launch.command)
    assert launch.authority == (None if protocol == "h2c" else MADE.authority)
    assert "/run/" not in " ".join(with_placeholders(launch, prepared))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("streams = 4", "has streams, which take protocol = 'http2' or 'h2c'"),
        ('protocol = "tls"\nstreams = 4', "has streams, which take protocol"),
        ('protocol = "http2"\npipeline = 4', "has a pipeline, which is of HTTP/1.1"),
        ('protocol = "h2c"\nresume_tls = true', "resume_tls, which takes protocol = 'tls'"),
        ('protocol = "http2"\nstreams = 4\nfresh_connections = true', "exclude each other"),
        ('protocol = "http3"', "protocol"),
        (f'protocol = "tls"{MORE}', "is another one than that of 'hello', in which 'uvicorn'"),
    ],
)
def test_what_a_protocol_does_not_have_is_refused(tmp_path: Path, lines: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f"{SUITE}{lines}\n", encoding="utf-8")
    with pytest.raises(ManifestError) as refused:
        check_references(file, read_suite(file), CATALOG)
    assert said in str(refused.value)


def test_http2_carries_no_messages(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    text = SUITE.replace('"raw"', '"websocket"').replace('"hello"', '"echo"')
    file.write_text(f'{text}protocol = "http2"\n', encoding="utf-8")
    with pytest.raises(ManifestError, match="carries no WebSockets such as 'echo'"):
        check_references(file, read_suite(file), CATALOG)
