"""Real servers over HTTP/2 and TLS: suites, narrowed, and a race. Counts and states alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from command_line import timetrial, write
from small_runs import stored

from timetrial.analysis.checks.thresholds import SERIAL_STREAMS
from timetrial.analysis.summarize import summarize

pytestmark = pytest.mark.live

APP = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"5")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello"})
"""


def test_the_suite_multiplexes_and_names_who_cannot(tmp_path: Path) -> None:
    words = ("--servers", "granian-asgi,gunicorn-gthread,waitress", "--rounds", "1")
    ended = timetrial("run", "http2", *words, folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    run = stored(tmp_path)
    assert {(f.stack, f.phase) for f in run.failures} == {("waitress", "declared")}
    assert {m.trial.cell.stack for m in run.measurements} == {"granian-asgi", "gunicorn-gthread"}
    for measurement in run.measurements:
        streams = 1 if measurement.trial.cell.benchmark == "hello-1-stream" else 20
        for window in measurement.windows:
            assert window.counts.arrivals == window.counts.ok > 0
            assert window.http2 is not None
            assert window.http2.used_streams == streams
        first = measurement.windows[0].tls
        assert first is not None
        assert (first.alpn, first.resumed) == ("h2", 0)
    assert "waitress has no HTTP/2 and was not tried" in ended.stdout
    details = timetrial("report", "--details", folder=tmp_path)
    assert "All connections: TLS 1.3" in " ".join(details.stdout.split())
    findings = (finding for table in summarize(run).tables for finding in table.findings)
    serial = {finding.cell.stack for finding in findings if finding.name == SERIAL_STREAMS.name}
    assert serial == {"gunicorn-gthread"}


def test_handshakes_are_full_resumed_or_few(tmp_path: Path) -> None:
    words = ("--servers", "hypercorn-uvloop", "--rounds", "1")
    ended = timetrial("run", "tls", *words, folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    for measurement in stored(tmp_path).measurements:
        made = [window.tls for window in measurement.windows if window.tls]
        full, resumed = sum(each.full for each in made), sum(each.resumed for each in made)
        done = sum(window.completions_overall for window in measurement.windows)
        match measurement.trial.cell.benchmark:
            case "full-handshakes":
                assert full >= done > 0
                assert resumed == 0
            case "resumed-handshakes":
                assert resumed > 0
            case _:
                assert full + resumed <= 16


def test_a_race_over_http2_recommends_a_command_with_its_switches(tmp_path: Path) -> None:
    write(tmp_path, {"shop.py": APP})
    servers = ("--servers", "hypercorn-asyncio,granian-asgi", "--budget", "1s", "--no-control")
    http2 = ("--http2", "--streams", "4")
    words = ("race", "shop:app", "--python", sys.executable)
    ended = timetrial(*words, *http2, *servers, folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    run = stored(tmp_path)
    assert {m.trial.cell.stack for m in run.measurements} == {"hypercorn-asyncio", "granian-asgi"}
    windows = [window for m in run.measurements for window in m.windows]
    assert all(window.http2 and window.counts.failed == 0 for window in windows)
    assert run.plan.suite.race_info is not None
    commands = {d.stack: d.command_line for d in run.plan.suite.race_info.deployments}
    assert "--certfile cert.pem" in commands["hypercorn-asyncio"]
