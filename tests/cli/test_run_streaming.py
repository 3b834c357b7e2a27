"""Real servers on streams: the suite, narrowed, and a race. Counts and states alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from command_line import timetrial, write
from small_runs import stored

pytestmark = pytest.mark.live

APP = """
import asyncio


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    is_stream = scope["path"] == "/events"
    kind = b"text/event-stream" if is_stream else b"text/plain"
    headers = [(b"content-type", kind)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for number in range(10 if is_stream else 1):
        await asyncio.sleep(0.02)
        body = b"data: %d\\n\\n" % number
        await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
"""
RACE = ("race", "shop:app", "--python", sys.executable, "--servers", "uvicorn,granian-asgi")


def test_the_suite_measures_who_streams_and_names_who_cannot(tmp_path: Path) -> None:
    words = ("--servers", "uvicorn,gunicorn-gthread,fastwsgi", "--rounds", "1")
    chosen = ("--benchmarks", "tokens,hello-beside-8-streams")
    ended = timetrial("run", "streaming", *words, *chosen, folder=tmp_path)
    # Who answers no request beside streams has failed.
    assert ended.returncode == 3, ended.stderr
    run = stored(tmp_path)
    measured = {(m.trial.cell.benchmark, m.trial.cell.stack): m for m in run.measurements}
    assert measured.keys() == {
        ("tokens", "uvicorn"),
        ("tokens", "gunicorn-gthread"),
        ("hello-beside-8-streams", "uvicorn"),
    }
    for (benchmark, _), measurement in measured.items():
        (window,) = measurement.windows
        assert window.counts.ok == window.counts.arrivals > 0
        if benchmark == "tokens":
            assert window.streams is not None
            assert window.streams.came == window.streams.events > 0
            assert (window.streams.damaged, window.streams.together) == (0, 0)
        else:
            assert window.beside is not None
            assert window.beside.held == window.beside.wanted == 8
    starved = [f for f in run.failures if f.stack == "gunicorn-gthread"]
    assert [f.reason for f in starved] == ["its 4 threads hold 4 streams: no request was answered"]
    assert {f.phase for f in run.failures if f.stack == "fastwsgi"} == {"declared"}
    assert "fastwsgi does not stream and was not tried" in ended.stdout
    assert "events/s" in ended.stdout


def test_a_race_of_streams_recommends_a_command(tmp_path: Path) -> None:
    write(tmp_path, {"shop.py": APP})
    words = ("--sse", "/events", "--events", "4", "--budget", "1s", "--no-control")
    ended = timetrial(*RACE, *words, folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    run = stored(tmp_path)
    assert {m.trial.cell.stack for m in run.measurements} == {"uvicorn", "granian-asgi"}
    for window in (window for m in run.measurements for window in m.windows):
        assert window.counts.failed == 0
        assert window.streams is not None
        assert window.streams.together == 0
    assert run.plan.suite.race_info is not None
    assert {d.stack for d in run.plan.suite.race_info.deployments} == {"uvicorn", "granian-asgi"}
    assert run.plan.suite.benchmarks[0].workload.wait_s >= 0.05


def test_a_page_in_place_of_a_stream_is_refused_before_anything_is_measured(
    tmp_path: Path,
) -> None:
    write(tmp_path, {"shop.py": APP})
    ended = timetrial(*RACE, "--sse", "/page", folder=tmp_path)
    assert ended.returncode == 2, ended.stderr
    assert "GET /page answered with 'text/plain', and not with text/event-stream" in ended.stderr
