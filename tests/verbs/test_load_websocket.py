"""Load over WebSockets, against a server that is not ours. Counts alone are asserted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from websockets.sync.server import ServerConnection, serve

from timetrial.drivers.driver import UpgradeRefusal, WebSocketFacts
from timetrial.model import BadInput
from timetrial.reports.load import notes
from timetrial.reports.websocket_notes import delivery_text, websocket_notes
from timetrial.verbs.load import load
from timetrial.verbs.options.load import LoadOptions


@contextmanager
def serving(handler: Callable[[ServerConnection], None]) -> Iterator[str]:
    """Serve on a free port, with compression offered as a default of the library."""
    with serve(handler, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/echo"
        server.shutdown()
    thread.join()


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


@pytest.mark.parametrize(
    "given", [{}, {"binary": True, "message_bytes": 70_000}, {"message": "é", "fresh": True}]
)
def test_echoes_are_right(given: dict[str, object]) -> None:
    with serving(echo) as url:
        done = load(LoadOptions(url=url, connections=2, threads=1, count=20, **given))
    counts = done.result.overall
    assert (counts.arrivals, counts.ok, counts.failed) == (20, 20, 0)
    assert done.result.websocket == WebSocketFacts()
    assert done.terms.counted(counts.arrivals) == "20 messages"


@pytest.mark.parametrize(
    "given", [{}, {"binary": True, "message_bytes": 70_000}, {"fresh": True, "message": "aaaaaaaa"}]
)
def test_messages_are_compressed_if_that_is_asked_for(given: dict[str, object]) -> None:
    with serving(echo) as url:
        options = LoadOptions(url=url, connections=2, threads=1, count=20, deflate=True, **given)
        done = load(options)
    assert (done.result.overall.ok, done.result.overall.failed) == (20, 0)
    assert done.result.websocket == WebSocketFacts(deflated=done.result.connects)


def test_a_server_that_does_not_compress_is_named() -> None:
    (note,) = websocket_notes(WebSocketFacts(deflated=1), 3)
    assert note.startswith("The server agreed to compress on 1 of 3 connections")
    assert not list(websocket_notes(WebSocketFacts(deflated=0), 0))
    assert not list(websocket_notes(WebSocketFacts(deflated=2), 2))


def test_what_one_connection_sends_all_others_hear() -> None:
    members: list[ServerConnection] = []

    def chat(connection: ServerConnection) -> None:
        members.append(connection)
        for received in connection:
            for member in tuple(members):
                member.send(received)

    with serving(chat) as url:
        done = load(LoadOptions(url=url, connections=4, broadcast=True, count=20))
    assert (done.result.overall.ok, done.result.overall.failed) == (20, 0)
    heard = done.result.deliveries
    assert heard is not None
    assert (heard.due, heard.heard, heard.delay.count) == (60, 60, 60)
    assert delivery_text(heard) == "60 of 60 deliveries to others"


def test_a_server_that_closes_and_one_that_is_none_are_told_apart() -> None:
    def away(connection: ServerConnection) -> None:
        connection.recv()
        connection.close(1001)

    with serving(away) as url:
        done = load(LoadOptions(url=url, connections=1, threads=1, count=3))
    assert done.result.websocket == WebSocketFacts(closes={1001: 3})
    assert list(notes(done.result)) == ["The server closed connections: 3 × 1001 (going away)."]


def test_other_kinds_of_refusals_have_a_sentence_each() -> None:
    said = {
        kind: next(websocket_notes(WebSocketFacts(refusal=UpgradeRefusal(kind, 404))))
        for kind in ("status", "closed", "malformed", "other-key", "uninvited")
    }
    assert "with 404, not 101" in said["status"]
    assert len(set(said.values())) == len(said)


@pytest.mark.parametrize(
    ("url", "given", "said"),
    [
        ("ws://127.0.0.1:9/", {"pipeline": 2}, "--pipeline is for HTTP"),
        ("ws://127.0.0.1:9/", {"body": "x"}, "--body is for http:// and https://"),
        ("ws://127.0.0.1:9/", {"broadcast": True, "fresh": True}, "--fresh and --broadcast"),
        ("ws://127.0.0.1:9/", {"broadcast": True, "connections": 1}, "takes two connections"),
        ("ws://127.0.0.1:9/", {"broadcast": True, "message": "a"}, "takes {token} in --message"),
        ("ws://127.0.0.1:9/", {"broadcast": True, "threads": 2}, "--threads and --broadcast"),
        ("http://127.0.0.1:9/", {"binary": True}, "--binary is for ws:// and wss:// URLs"),
    ],
)
def test_options_of_another_protocol_are_refused(
    url: str, given: dict[str, object], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        LoadOptions(url=url, **given)


def test_a_message_longer_than_it_may_be_is_refused() -> None:
    options = LoadOptions(url="ws://127.0.0.1:9/", message_bytes=15)
    with pytest.raises(BadInput, match="15 is less than the message has: 16 bytes"):
        load(options)
