"""Real servers on WebSockets: the suite, narrowed, and a race. Counts and states alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from command_line import timetrial, write
from small_runs import stored

pytestmark = pytest.mark.live

APP = """
async def app(scope, receive, send):
    if scope["type"] == "websocket" and scope["path"] == "/ws":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
    elif scope["type"] == "http":
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"5")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello"})
    elif scope["type"] == "websocket":
        await send({"type": "websocket.close"})
"""
RACE = ("race", "shop:app", "--python", sys.executable, "--servers", "uvicorn,granian-asgi")


def test_the_suite_measures_who_can_and_names_who_cannot(tmp_path: Path) -> None:
    stacks = ("--servers", "uvicorn,granian-rsgi,waitress")
    words = (*stacks, "--benchmarks", "saturation,upgrades", "--rounds", "1")
    ended = timetrial("run", "websocket", *words, folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    run = stored(tmp_path)
    measured = {(m.trial.cell.benchmark, m.trial.cell.stack) for m in run.measurements}
    benchmarks = ("saturation", "upgrades")
    servers = ("uvicorn", "granian-rsgi")
    assert measured == {(benchmark, server) for benchmark in benchmarks for server in servers}
    for measurement in run.measurements:
        counts = [window.counts for window in measurement.windows]
        assert all(count.arrivals == count.ok > 0 for count in counts)
        if measurement.trial.cell.benchmark == "upgrades":
            assert all((w.connects or 0) >= w.completions for w in measurement.windows)
    assert {(f.stack, f.phase) for f in run.failures} == {("waitress", "declared")}
    assert "waitress has no WebSockets and was not tried" in ended.stdout


def test_a_race_of_messages_recommends_a_command_with_its_switches(tmp_path: Path) -> None:
    write(tmp_path, {"shop.py": APP})
    message = ("--websocket", "/ws", "--send", '{"ping": 1}')
    ended = timetrial(*RACE, *message, "--budget", "1s", "--no-control", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    run = stored(tmp_path)
    assert {m.trial.cell.stack for m in run.measurements} == {"uvicorn", "granian-asgi"}
    assert all(w.counts.failed == 0 for m in run.measurements for w in m.windows)
    assert run.plan.suite.race_info is not None
    commands = {d.stack: d.command_line for d in run.plan.suite.race_info.deployments}
    assert "--ws websockets-sansio" in commands["uvicorn"]
    assert "--no-ws" not in commands["granian-asgi"]


def test_a_scenario_mixes_requests_and_messages(tmp_path: Path) -> None:
    steps = 'steps = [{ path = "/" }, { websocket = "/ws", send = "hi {token}" }]'
    write(tmp_path, {"shop.py": APP, "chat.toml": steps})
    words = ("--scenario", "chat.toml", "--budget", "1s", "--no-control")
    ended = timetrial(*RACE, *words, folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    run = stored(tmp_path)
    assert {m.trial.cell.stack for m in run.measurements} == {"uvicorn", "granian-asgi"}
    for window in (w for m in run.measurements for w in m.windows):
        assert window.counts.failed == 0
        assert all(step.counts.arrivals > 0 for step in window.steps)
        assert len(window.steps) == 2


def test_a_path_without_a_websocket_is_refused_before_anything_is_measured(
    tmp_path: Path,
) -> None:
    write(tmp_path, {"shop.py": APP})
    ended = timetrial(*RACE, "--websocket", "/elsewhere", "--send", "x", folder=tmp_path)
    assert ended.returncode == 2, ended.stderr
    assert "answered the upgrade with status 403, not 101" in ended.stderr
