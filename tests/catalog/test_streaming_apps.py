"""The apps of WebSockets and streams, on a real server of each interface. Correctness alone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import launch_of, started
from websockets.sync.client import connect

from timetrial.catalog import load_catalog
from timetrial.model.suite import Protocol, Stack
from timetrial.runner.starter import probe_of
from timetrial.stacks.answer import mistake
from timetrial.stacks.connection import Connection
from timetrial.stacks.launch import Launch
from timetrial.stacks.readiness import await_ready, check_answers
from timetrial.verbs.load import load
from timetrial.verbs.options.load import LoadOptions

CATALOG = load_catalog()
WITHIN_S = 60.0


def stack_of(server: str, app: str) -> Stack:
    protocols: tuple[Protocol, ...] = ("websocket",) if "websocket" in app else ()
    interface = CATALOG.server(server).interface
    return Stack(server, server, app, interface, workers=1, threads=4, protocols=protocols)


def ready(server: str, app: str, folder: Path) -> Iterator[Launch]:
    stack = stack_of(server, app)
    launch = launch_of(server, CATALOG.app(app), "hello", folder, stack=stack)
    with started(launch) as process:
        await_ready(launch, process.poll)
        yield launch


def check_workloads(launch: Launch, server: str, app: str) -> None:
    stack = stack_of(server, app)
    for workload in CATALOG.app(app).workloads.values():
        if stack.interface in workload.interfaces and not workload.has_messages:
            probe = probe_of(workload.steps[0], stack)
            with Connection(launch.host, launch.port) as connection:
                # waitress closes a connection after a stream.
                answer = connection.ask(probe, keep_alive=False, timeout_s=WITHIN_S)
            assert mistake(answer, probe.expect) is None
            if workload.name == "tokens":
                assert answer.body.count(b"data: word") == 25


@pytest.mark.parametrize("name", ["aiohttp-websocket", "sanic-websocket", "tornado-websocket"])
def test_programs_echo_messages(name: str, tmp_path: Path) -> None:
    launch = launch_of(name, CATALOG.app(name), "echo", tmp_path, stack=stack_of(name, name))
    with started(launch) as process:
        await_ready(launch, process.poll)
        check_answers(launch.host, launch.port, launch.probe, keep_alive=True, timeout_s=WITHIN_S)
        check_load(f"ws://{launch.host}:{launch.port}/echo")


def check_load(url: str) -> None:
    """Let the engine, too, have messages echoed: short ones, and long ones as binary."""
    for given in ({}, {"binary": True, "message_bytes": 70_000}, {"fresh": True}):
        counts = load(LoadOptions(url=url, connections=2, threads=1, count=20, **given)).result
        assert (counts.overall.ok, counts.overall.failed) == (20, 0)


@pytest.fixture(scope="module", params=["uvicorn", "granian-rsgi"])
def websocket(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Launch]]:
    for launch in ready(request.param, "websocket", tmp_path_factory.mktemp("websocket")):
        yield request.param, launch


def test_messages_come_back_and_probes_are_answered(websocket: tuple[str, Launch]) -> None:
    server, launch = websocket
    check_workloads(launch, server, "websocket")
    stack = stack_of(server, "websocket")
    for name in ("echo", "echo-binary"):
        probe = probe_of(CATALOG.app("websocket").workload(name).steps[0], stack)
        check_answers(launch.host, launch.port, probe, keep_alive=True, timeout_s=WITHIN_S)


def test_what_one_says_in_the_chat_all_hear(websocket: tuple[str, Launch]) -> None:
    _, launch = websocket
    url = f"ws://{launch.host}:{launch.port}/chat"
    with connect(url) as one, connect(url) as other:
        other.send("here")
        assert other.recv(WITHIN_S) == "here"
        one.send(b"hello")
        assert other.recv(WITHIN_S) == b"hello"
        heard = {one.recv(WITHIN_S)}
        if heard == {"here"}:  # it was there already when the other one spoke
            heard = {one.recv(WITHIN_S)}
        assert heard == {b"hello"}


@pytest.mark.parametrize("server", ["waitress", "uvicorn", "granian-rsgi"])
def test_streams_are_whole_on_every_interface(server: str, tmp_path: Path) -> None:
    for launch in ready(server, "streaming", tmp_path):
        check_workloads(launch, server, "streaming")


@pytest.mark.parametrize("name", ["aiohttp-streaming", "sanic-streaming", "tornado-streaming"])
def test_programs_stream(name: str, tmp_path: Path) -> None:
    launch = launch_of(name, CATALOG.app(name), "hello", tmp_path, stack=stack_of(name, name))
    with started(launch) as process:
        await_ready(launch, process.poll)
        check_workloads(launch, name, name)


@pytest.mark.parametrize("server", ["waitress", "uvicorn", "granian-rsgi"])
def test_bodies_are_counted_and_sent_in_whole(server: str, tmp_path: Path) -> None:
    stack = stack_of(server, "bodies")
    launch = launch_of(server, CATALOG.app("bodies"), "upload-1k", tmp_path, stack=stack)
    with started(launch) as process:
        await_ready(launch, process.poll)
        check_workloads(launch, server, "bodies")


def test_curl_has_as_many_events_of_a_stream(tmp_path: Path) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed (Debian: apt-get install curl)")
    for launch in ready("uvicorn", "streaming", tmp_path):
        url = f"http://{launch.host}:{launch.port}/tokens?events=10"
        silent = [curl, "--silent", "--no-buffer", "--max-time", "60", url]
        told = subprocess.run(silent, capture_output=True, text=True, check=True).stdout
        done = load(
            LoadOptions(url=url, sse=True, connections=1, threads=1, count=1, duration=60.0)
        )
    assert done.result.streams is not None
    assert done.result.streams.events.ok == told.count("\n\n") == 11
