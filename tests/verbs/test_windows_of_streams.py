"""Streams of a hostile server and of a healthy one: what a window keeps, and what is found."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from streaming_server import StreamingServer, streaming_server

from runs import a_measurement, json_query
from timetrial.analysis import checks
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.drivers.driver import LoadResult, LoadSpec, SessionConfig, Target
from timetrial.drivers.native import NativeDriver
from timetrial.model import Request, StreamSpec
from timetrial.runner.benchmark import window_of
from timetrial.runner.metering import WindowCost
from timetrial.stacks.connection import Connection

EVENTS = 5
LONG_S = 60.0
"""The loads end by a count."""


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StreamingServer]:
    with streaming_server(tmp_path_factory.mktemp("sock")) as server:
        yield server


def asked(path: str, numbers: str | None = None) -> Request:
    return Request(path, stream=StreamSpec("sse", numbers, EVENTS))


def loaded(server: StreamingServer, request: Request) -> LoadResult:
    address = server.url.removeprefix("http://")
    target = Target(address, address, (request,))
    with NativeDriver(1).open([target], SessionConfig(3, (), LONG_S)) as session:
        return session.run_load(LoadSpec(0, LONG_S, max_requests=6))


def found(result: LoadResult, wait_s: float) -> dict[str, str]:
    window = window_of(0, result, WindowCost(None, None, None))
    benchmark = json_query(["granian"])
    stream = StreamSpec("sse", None, EVENTS)
    steps = tuple(
        dataclasses.replace(step, wait_s=wait_s, stream=stream) for step in benchmark.workload.steps
    )
    workload = dataclasses.replace(benchmark.workload, steps=steps)
    context = CellContext(
        dataclasses.replace(benchmark, workload=workload), "granian", (a_measurement([window]),)
    )
    return {each.name: each.severity for each in checks.find(context)}


def test_a_server_that_holds_streams_back_is_found(server: StreamingServer) -> None:
    result = loaded(server, asked("/buffered"))
    assert result.overall.ok == 6
    assert found(result, wait_s=0.1)["stream-buffered"] == "invalid"


def test_a_healthy_server_is_not(server: StreamingServer) -> None:
    result = loaded(server, asked("/clock", "id"))
    assert result.overall.ok == 6
    assert not found(result, wait_s=0.02).keys() & {"stream-buffered", "events-lost"}
    kept = window_of(0, result, WindowCost(None, None, None)).streams
    assert kept is not None
    assert (kept.events, kept.came, kept.damaged, kept.several) == (30, 30, 0, 6)


def test_events_that_are_left_out_are_found(server: StreamingServer) -> None:
    assert found(loaded(server, asked("/forgetful", "id")), wait_s=0.0)["events-lost"] == "invalid"


@pytest.mark.parametrize(
    ("path", "events", "fault"),
    [
        ("/clock", 4, ""),
        ("/forgetful", 7, "ended after 6 of 7 events"),
        ("/json", 1, "answered with 'application/json', and not with text/event-stream"),
    ],
)
def test_a_probe_reads_what_a_client_does(
    server: StreamingServer, path: str, events: int, fault: str
) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    request = Request(path, stream=StreamSpec("sse", None, events))
    with Connection(host, int(port)) as connection:
        answer = connection.ask(request, keep_alive=False, timeout_s=LONG_S)
    assert answer.status == 200
    assert answer.fault.startswith(fault)
    if not fault:
        assert not answer.fault
        assert answer.body.count(b"data:") == events
