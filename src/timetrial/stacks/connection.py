"""One connection to a server, by which single requests are asked before and beside the load."""

from __future__ import annotations

import contextlib
import http.client
import io
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from timetrial.model import UPGRADED, Request, size
from timetrial.stacks.answer import Answer
from timetrial.stacks.launch import Launch
from timetrial.stacks.sent_body import sent_body
from timetrial.stacks.streams import read_stream
from timetrial.stacks.websocket import WebSocket
from timetrial.stacks.wire import Stream, Wire, connected

ANSWER_WITHIN_S = 10.0
"""In addition to the wait time of the app."""
LARGEST_BODY_BYTES = 256 * 1024 * 1024
PIECE_BYTES = 1024 * 1024
_SUCCESS = range(200, 300)


class Connection:
    """One connection to a server, with a timeout for each exchange, not for each read."""

    def __init__(
        self,
        host: str,
        port: int,
        connect_s: float = ANSWER_WITHIN_S,
        *,
        authority: Path | None = None,
    ) -> None:
        """Connect; over TLS where the authority of the server's certificate is given."""
        self._authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._socket = connected(host, port, connect_s, authority)
        self._wire = Wire(self._socket)
        self._stream = Stream(self._wire)
        self._websocket: WebSocket | None = None
        """What it was made by the first message."""

    @classmethod
    def to(cls, launch: Launch, connect_s: float = ANSWER_WITHIN_S) -> Self:
        """Connect to a started stack as it is spoken to."""
        return cls(launch.host, launch.port, connect_s, authority=launch.authority)

    @property
    def own_port(self) -> int:
        """The client's."""
        port: int = self._socket.getsockname()[1]
        return port

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def close(self) -> None:
        if self._websocket is not None:
            with contextlib.suppress(OSError):
                self._websocket.close()
        self._socket.close()

    def ask(
        self, probe: Request, *, keep_alive: bool, timeout_s: float = ANSWER_WITHIN_S
    ) -> Answer:
        """Send one request and read its response; of a stream as many events as are wanted.

        A message is sent by a WebSocket.

        Raises OSError if none comes, http.client.HTTPException or ValueError if it is not HTTP,
        TooLargeBody, and WebSocketFault.
        """
        if probe.message is not None:
            return self._ask_by_message(probe, timeout_s)
        self.send([probe], keep_alive=keep_alive, timeout_s=timeout_s)
        return self.receive(probe) if probe.stream is None else self._receive_stream(probe)

    def send(self, probes: Sequence[Request], *, keep_alive: bool, timeout_s: float) -> None:
        """Send requests at once; `timeout_s` is the limit of the whole exchange."""
        self._begin(timeout_s)
        self._socket.sendall(b"".join(self._written(probe, keep_alive) for probe in probes))

    def _begin(self, timeout_s: float) -> None:
        self._wire.deadline = time.monotonic() + timeout_s
        self._socket.settimeout(timeout_s)

    def _ask_by_message(self, probe: Request, timeout_s: float) -> Answer:
        """Send nothing before the upgrade is answered: many servers lose it."""
        assert probe.message is not None  # noqa: S101 - see `ask`
        self._begin(timeout_s)
        headers: tuple[tuple[str, str], ...] = ()
        if self._websocket is None:
            websocket = WebSocket(self._stream, self._socket.sendall, LARGEST_BODY_BYTES)
            upgrade = (*probe.headers, *websocket.upgrade().items())
            asked = replace(probe, headers=upgrade, body=b"")
            self._socket.sendall(self._written(asked, keep_alive=True))
            answer = self.receive(asked)
            if answer.status != UPGRADED:
                return answer
            websocket.accept(answer.headers)
            self._websocket, headers = websocket, answer.headers
        message = self._websocket.ask(probe.message, probe.body)
        return Answer(UPGRADED, message, headers=headers)

    def receive(self, probe: Request) -> Answer:
        """Read the next response, which belongs to `probe`."""
        response = http.client.HTTPResponse(self, method=probe.method)  # type: ignore[arg-type]  # it calls no other method of a socket than makefile()
        response.begin()
        body = _body(response)
        return Answer(response.status, body, response.will_close, tuple(response.getheaders()))

    def _receive_stream(self, probe: Request) -> Answer:
        assert probe.stream is not None  # noqa: S101 - see `ask`
        response = http.client.HTTPResponse(self, method=probe.method)  # type: ignore[arg-type]  # as in `receive`
        response.begin()
        if response.status not in _SUCCESS:
            body, headers = _body(response), tuple(response.getheaders())
            return Answer(response.status, body, response.will_close, headers)
        read = read_stream(response, probe.stream, LARGEST_BODY_BYTES)
        return Answer(
            response.status,
            read.body,
            closing=True,
            headers=tuple(response.getheaders()),
            fault=read.fault,
            spread_s=read.spread_s,
        )

    def _written(self, probe: Request, keep_alive: bool) -> bytes:  # noqa: FBT001 - private
        # As the load engine writes them: some apps echo their headers.
        given = {name.lower() for name, _ in probe.headers}
        defaults = {"Host": self._authority, "User-Agent": "timetrial", "Accept": "*/*"}
        headers = {name: value for name, value in defaults.items() if name.lower() not in given}
        body, of_body = sent_body(probe)
        headers |= {name: value for name, value in of_body.items() if name.lower() not in given}
        headers |= dict(probe.headers)
        if not keep_alive:
            headers["Connection"] = "close"
        lines = [f"{probe.method} {probe.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the same stream for every response, so that the next one sees surplus bytes."""
        return self._stream


class TooLargeBody(http.client.HTTPException):
    """A body of more than `LARGEST_BODY_BYTES`."""

    def __str__(self) -> str:
        return f"answered with more than {size(LARGEST_BODY_BYTES)}"


def _body(response: http.client.HTTPResponse) -> bytes:
    """Read a body in pieces: no more of it than is allowed is ever kept."""
    if (response.length or 0) > LARGEST_BODY_BYTES:
        raise TooLargeBody
    pieces, read = [], 0
    while piece := response.read(PIECE_BYTES):
        read += len(piece)
        if read > LARGEST_BODY_BYTES:
            raise TooLargeBody
        pieces.append(piece)
    if response.length:
        raise http.client.IncompleteRead(b"".join(pieces), response.length)
    return b"".join(pieces)
