"""Load by HTTP/2 at nginx, which is not ours. Counts alone are asserted."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from timetrial import _engine
from timetrial.machine.ports import free_port, is_listened_at
from timetrial.verbs.load import load
from timetrial.verbs.options.load import LoadOptions

HOST = "127.0.0.1"
WITHIN_S = 60.0
LIMIT = 50
"""After so many requests it ends a connection."""
STREAMS = 128
"""What it allows at once, unless it is told otherwise."""
LONG = "x{token}" * 12_000
"""Longer than the window that it has for a stream at first."""


@dataclass(frozen=True, slots=True)
class Nginx:
    plain: str
    """A URL of HTTP/2 by prior knowledge."""
    limited: str
    """The same, of a server that ends connections."""
    encrypted: str
    authority: Path


def configuration(folder: Path, ports: tuple[int, int, int]) -> str:
    plain, limited, encrypted = ports
    temporary = "".join(
        f"{kind}_temp_path {folder};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""
        user root root; # Where root starts it: another user could not read the files.
        daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
        events {{ worker_connections 1024; }}
        http {{
            access_log off; keepalive_requests 1000000; client_max_body_size 0; {temporary}
            default_type text/plain; root {folder}/files;
            server {{
                listen {HOST}:{plain} http2;
                listen {HOST}:{encrypted} ssl http2;
                ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.pem;
                location = /hello {{ return 200 "Hello world!"; }}
            }}
            server {{ listen {HOST}:{limited} http2; keepalive_requests {LIMIT}; }}
        }}
    """


@pytest.fixture(name="nginx", scope="module")
def _nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light)")
    folder = tmp_path_factory.mktemp("nginx")
    files = folder / "files"
    files.mkdir()
    (files / "hello").write_text("hello", "ascii")
    (files / "long").write_bytes(b"x" * 1_000_000)
    certificate, key, authority = _engine.self_signed()
    (folder / "server.pem").write_text(certificate + key, "ascii")
    (folder / "authority.pem").write_text(authority, "ascii")
    ports = (free_port(HOST), free_port(HOST), free_port(HOST))
    (folder / "nginx.conf").write_text(configuration(folder, ports), "utf-8")
    process = subprocess.Popen(
        [program, "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL
    )
    try:
        until_s = time.monotonic() + WITHIN_S
        while not all(map(is_listened_at, ports)):
            assert process.poll() is None, (folder / "error.log").read_text("utf-8")
            assert time.monotonic() < until_s
            time.sleep(0.01)
        plain, limited, encrypted = (f"{HOST}:{port}" for port in ports)
        yield Nginx(
            f"http://{plain}", f"http://{limited}", f"https://{encrypted}", folder / "authority.pem"
        )
    finally:
        process.terminate()
        process.wait(WITHIN_S)


def options(url: str, **given: object) -> LoadOptions:
    how = {"connections": 2, "threads": 1, "streams": 20, "http2": True, "count": 300, **given}
    return LoadOptions(url=url, **how)


def test_streams_are_used_up_to_what_it_allows(nginx: Nginx) -> None:
    done = load(options(f"{nginx.plain}/hello", streams=200, expect_body="Hello world!"))
    assert (done.result.overall.ok, done.result.overall.failed) == (300, 0)
    assert done.result.http2 is not None
    assert done.result.http2.allowed_streams == STREAMS
    assert done.result.http2.used_streams <= STREAMS


def test_bodies_are_whole_in_both_directions(nginx: Nginx) -> None:
    done = load(options(f"{nginx.plain}/long", count=24, expect_body="x" * 1_000_000))
    assert (done.result.overall.ok, done.result.overall.failed) == (24, 0)
    sent = options(f"{nginx.plain}/hello", count=24, method="POST", body=LONG)
    assert load(sent).result.overall.ok == 24


def test_a_connection_that_it_ends_in_order_loses_nothing(nginx: Nginx) -> None:
    done = load(options(f"{nginx.limited}/hello", expect_body="hello"))
    assert (done.result.overall.ok, done.result.overall.failed) == (300, 0)
    facts = done.result.http2
    assert facts is not None
    assert facts.goaways[0] >= 300 // LIMIT - 2
    assert facts.violation is None


def test_over_tls_it_agrees_on_http2(nginx: Nginx) -> None:
    done = load(options(f"{nginx.encrypted}/hello", authorities=nginx.authority))
    assert (done.result.overall.ok, done.terms.http2) == (300, "h2")
