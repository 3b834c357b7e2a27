"""The client's side of a WebSocket, against servers of another library and against odd ones."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from websockets.sync.server import ServerConnection, serve

from timetrial.model import StackFailed
from timetrial.model.workload import Expectation, MessageKind, Request
from timetrial.stacks.connection import Connection
from timetrial.stacks.readiness import check_answers
from timetrial.stacks.websocket import WebSocketFault

HOST = "127.0.0.1"
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def message(text: bytes, kind: MessageKind = "text") -> Request:
    expect = Expectation(101, text.decode(), len(text))
    return Request("/ws", expect, body=text, message=kind)


@contextmanager
def serving(handler: Callable[[ServerConnection], None]) -> Iterator[int]:
    with serve(handler, HOST, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.socket.getsockname()[1]
        server.shutdown()
    thread.join()


def echo(connection: ServerConnection) -> None:
    for received in connection:
        connection.send(received)


@contextmanager
def answering(
    frames: bytes, status: str = "101 Switching Protocols", more: str = ""
) -> Iterator[int]:
    """Serve one connection: these bytes follow the answer to the upgrade."""
    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=_answer, args=(listener, frames, status, more))
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def _answer(listener: socket.socket, frames: bytes, status: str, more: str) -> None:
    peer, _ = listener.accept()
    with peer, peer.makefile("rb") as stream:
        lines = {}
        while line := stream.readline().strip():
            name, _, value = line.partition(b": ")
            lines[name.lower()] = value
        digest = hashlib.sha1(lines[b"sec-websocket-key"] + GUID, usedforsecurity=False).digest()
        accept = base64.b64encode(digest).decode()
        head = f"HTTP/1.1 {status}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{more}"
        peer.sendall(f"{head}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode() + frames)
        stream.read()  # until the client closes


def fault(port: int) -> WebSocketFault:
    with Connection(HOST, port) as connection, pytest.raises(WebSocketFault) as raised:
        connection.ask(message(b"?"), keep_alive=True)
    return raised.value


@pytest.mark.parametrize("size", [0, 125, 126, 65_536])
def test_messages_of_every_length_are_echoed(size: int) -> None:
    with serving(echo) as port, Connection(HOST, port) as connection:
        for kind in ("text", "binary"):
            asked = message(b"x" * size, kind)
            answer = connection.ask(asked, keep_alive=True)
            assert (answer.status, answer.body) == (101, asked.body)


def test_pings_before_an_answer_are_answered() -> None:
    def pings(connection: ServerConnection) -> None:
        received = connection.recv()
        assert connection.ping().wait(60)
        connection.send(received)

    with serving(pings) as port, Connection(HOST, port) as connection:
        assert connection.ask(message(b"hello"), keep_alive=True).body == b"hello"


def test_a_message_may_come_in_pieces() -> None:
    frames = b"\x01\x02He" + b"\x89\x01?" + b"\x00\x02ll" + b"\x80\x01o"
    with answering(frames) as port, Connection(HOST, port) as connection:
        assert connection.ask(message(b"?"), keep_alive=True).body == b"Hello"


@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        (b"\x88\x02\x03\xf3", "closed"),
        (b"\x82\x01?", "other-kind"),
        (b"\x80\x01?", "malformed"),
        (b"\x81\x81abcd?", "malformed"),
        (b"\xc1\x01?", "malformed"),
        (b"\x01\x01a\x81\x01b", "malformed"),
        (b"\x82\x7f\x7f" + b"\xff" * 7, "too-large"),
    ],
)
def test_what_is_no_answer_has_its_kind(frames: bytes, kind: str) -> None:
    with answering(frames) as port:
        found = fault(port)
    assert found.kind == kind
    assert found.code == (1011 if kind == "closed" else 1005)


def test_an_extension_that_was_not_offered_is_refused() -> None:
    with answering(b"", more="Sec-WebSocket-Extensions: permessage-deflate\r\n") as port:
        assert fault(port).kind == "uninvited"


def test_a_page_in_place_of_an_upgrade_is_an_answer_of_that_status() -> None:
    with answering(b"page", "200 OK", "Content-Length: 4\r\n") as port:
        reason = "/ws answered status 200 instead of 101"
        with pytest.raises(StackFailed, match=reason):
            check_answers(HOST, port, message(b"?"), keep_alive=True)


def test_a_probe_is_sent_twice_on_one_websocket() -> None:
    seen: list[str | bytes] = []

    def counts(connection: ServerConnection) -> None:
        for received in connection:
            seen.append(received)
            connection.send(received)

    with serving(counts) as port:
        check_answers(HOST, port, message(b"hello"), keep_alive=True)
    assert seen == ["hello", "hello"]
