"""Load at streams, over Unix sockets and of idle connections, against a server that is not ours.

Counts and states alone are asserted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from streaming_server import StreamingServer, streaming_server

from timetrial.drivers.driver import LoadResult
from timetrial.drivers.load_run import LoadRun
from timetrial.drivers.streams_and_idle import EventCounts, StreamFacts
from timetrial.model import BadInput
from timetrial.reports.load import as_data, notes
from timetrial.verbs.load import load
from timetrial.verbs.options.load import LoadOptions

LONG_S = 60.0
"""Longer than any of these loads takes, which end by a count."""


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StreamingServer]:
    with streaming_server(tmp_path_factory.mktemp("sock")) as server:
        yield server


def loaded(url: str, **given: object) -> LoadRun:
    return load(LoadOptions(url=url, **{"connections": 3, "threads": 1, **given}))


def facts_of(result: LoadResult) -> StreamFacts:
    assert result.streams is not None
    return result.streams


@pytest.mark.parametrize("numbered", ["id", '"n": '])
def test_the_client_leaves_each_stream_after_its_events(
    server: StreamingServer, numbered: str
) -> None:
    done = loaded(
        f"{server.url}/clock", sse=True, events=4, numbered=numbered, count=6, duration=LONG_S
    )
    facts = facts_of(done.result)
    assert (done.result.overall.ok, done.failed) == (6, False)
    assert facts.events == EventCounts(arrivals=24, ok=24)
    assert (facts.left, facts.complete, facts.together) == (6, 0, 0)
    assert [facts.head_time.count, facts.first_byte_time.count, facts.first_event_time.count] == [
        6, 6, 6,
    ]  # fmt: skip
    assert done.terms.counted(6) == "6 streams"
    assert list(notes(done.result)) == []


def test_streams_are_held_until_the_load_ends(server: StreamingServer) -> None:
    done = loaded(f"{server.url}/clock", sse=True, duration=0.3)
    facts = facts_of(done.result)
    assert (done.result.overall.arrivals, done.result.overall.ok) == (3, 3)
    assert (facts.most_held, facts.left, facts.lost) == (3, 3, 0)
    assert facts.events.ok == facts.events.arrivals > 3
    assert facts.gap.count > 0


def test_what_was_left_out_is_lost(server: StreamingServer) -> None:
    done = loaded(f"{server.url}/forgetful", sse=True, numbered="id", count=2, duration=LONG_S)
    facts = facts_of(done.result)
    assert (done.result.overall.ok, facts.complete) == (2, 2)
    assert facts.events == EventCounts(arrivals=14, ok=12, error=2)
    assert done.failed
    assert "Events: 2 lost." in notes(done.result)
    data = as_data(done.terms, done.result)
    assert json.loads(json.dumps(data))["streams"]["events"]["error"] == 2


def test_chunks_are_events(server: StreamingServer) -> None:
    done = loaded(f"{server.url}/tokens", stream=True, count=2, duration=LONG_S)
    assert (done.result.overall.ok, facts_of(done.result).events.ok) == (2, 6)


def test_a_stream_that_is_held_back_is_a_note(server: StreamingServer) -> None:
    done = loaded(f"{server.url}/buffered", sse=True, count=3, duration=LONG_S)
    assert done.result.overall.ok == 3
    (note,) = notes(done.result)
    assert note.startswith("Stream buffered: in 3 of 3 streams the first and the last event came")


def test_what_is_no_stream_ends_the_load_with_a_sentence(server: StreamingServer) -> None:
    done = loaded(f"{server.url}/json", sse=True, duration=LONG_S)
    assert done.failed
    assert facts_of(done.result).other_type == "application/json"
    (note,) = notes(done.result)
    assert note.startswith("The response is 'application/json', and not text/event-stream: ")


def test_a_unix_socket_is_loaded_with_the_host_of_the_url(server: StreamingServer) -> None:
    done = loaded("http://app.test/json", unix=server.unix, count=10, expect_body='{"no":"stream"}')
    assert (done.result.overall.ok, done.result.overall.failed) == (10, 0)
    assert done.terms.request == f"GET http://app.test/json over {server.unix}"
    streams = loaded("http://app.test/clock", unix=server.unix, sse=True, duration=0.1)
    assert streams.result.overall.ok == 3


def test_connections_are_opened_used_once_and_held(server: StreamingServer) -> None:
    done = loaded(f"{server.url}/json", connections=10, idle=True, rate=200.0, duration=0.2)
    idle = done.result.idle
    assert idle is not None
    assert (done.result.overall.arrivals, done.result.overall.ok) == (10, 10)
    assert (idle.held, idle.not_kept, idle.closed_after.count) == (10, 0, 0)
    assert (done.failed, done.terms.load_model) == (False, "idle")
    shown = as_data(done.terms, done.result)["idle"]
    assert isinstance(shown, dict)
    assert (shown["opened_per_s"], shown["held"]) == (200.0, 10)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sse": True, "stream": True}, "--sse and --stream exclude each other"),
        ({"sse": True, "pipeline": 2}, "--pipeline and --sse exclude each other"),
        ({"sse": True, "expect_body": "x"}, "--expect-body and --sse exclude each other"),
        ({"sse": True, "count": 3}, "--count with --sse needs --events or --duration"),
        ({"stream": True, "numbered": "id"}, "--numbered is for --sse"),
        ({"sse": True, "numbered": ""}, "--numbered '' is not allowed: 'id', or a text of 1 to 64"),
        ({"events": 3}, "--events needs --sse or --stream"),
        ({"numbered": "id"}, "--numbered needs --sse or --stream"),
        ({"idle": True, "count": 3}, "--count and --idle exclude each other"),
        ({"idle": True, "sse": True}, "--sse and --idle exclude each other"),
        ({"unix": Path("x"), "sources": ("127.0.0.1",)}, "--source is for TCP, not for --unix"),
    ],
)
def test_options_that_mean_nothing_together_are_refused(
    given: dict[str, object], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        LoadOptions(url="http://127.0.0.1:9/", **given)


def test_streams_are_no_websockets() -> None:
    with pytest.raises(BadInput, match="--sse is for http:// and https://, not for WebSockets"):
        LoadOptions(url="ws://127.0.0.1:9/", sse=True)


def test_what_is_no_unix_socket_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for path, said in (
        (file, "is no socket"),
        (tmp_path / "none", "cannot be reached: No such file or directory"),
        (tmp_path / ("x" * 107), "is too long: the path of a socket has 107 bytes at most"),
    ):
        with pytest.raises(BadInput, match=said):
            loaded("http://app.test/", unix=path)
