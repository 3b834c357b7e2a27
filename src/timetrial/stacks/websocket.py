"""One WebSocket of a client (RFC 6455): its upgrade, then messages, as the load engine has them.

It reads from a stream and writes by a function; sockets and times are the caller's.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from timetrial.model import MessageKind

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_BYTES = 16
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10
_FINAL, _RESERVED, _MASKED = 0x80, 0x70, 0x80
_SHORT, _LONG, _LONGEST = 125, 126, 127
_NORMAL = 1000
_NO_CODE = 1005

FaultKind = Literal["other-key", "uninvited", "closed", "other-kind", "malformed", "too-large"]
_FAULTS: dict[FaultKind, str] = {
    "other-key": "answered the upgrade for another key (Sec-WebSocket-Accept)",
    "uninvited": "answered the upgrade with an extension that was not offered",
    "closed": "closed the WebSocket without an answer",
    "other-kind": "answered a text with a binary message, or the reverse",
    "malformed": "answered with something that is no frame of a WebSocket",
    "too-large": "answered with a message that is too large",
}


class WebSocketFault(http.client.HTTPException):
    """What a server did on a WebSocket instead of answering."""

    def __init__(self, kind: FaultKind, code: int = _NO_CODE) -> None:
        self.kind: FaultKind = kind
        self.code = code
        """Of its close frame; 1005 without one."""
        super().__init__(kind)

    def __str__(self) -> str:
        code = f" (code {self.code})" if self.code != _NO_CODE else ""
        return f"{_FAULTS[self.kind]}{code}"


@dataclass(frozen=True, slots=True)
class _Frame:
    is_final: bool
    opcode: int
    payload: bytes


class WebSocket:
    """The client's side; `upgrade` is sent first, and its answer checked by `accept`."""

    def __init__(
        self, stream: io.BufferedReader, send: Callable[[bytes], None], most_bytes: int
    ) -> None:
        """Read from a stream, write by `send`; longer messages than `most_bytes` are refused."""
        self._stream = stream
        self._send = send
        self._most_bytes = most_bytes
        self._key = base64.b64encode(os.urandom(_KEY_BYTES)).decode()

    def upgrade(self) -> dict[str, str]:
        """Return the headers of the request for it."""
        return {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": self._key,
        }

    def accept(self, headers: Sequence[tuple[str, str]]) -> None:
        """Check the answer to the upgrade, whose status was right. Raises WebSocketFault."""
        given = {name.lower(): value.strip() for name, value in headers}
        digest = hashlib.sha1(f"{self._key}{_GUID}".encode(), usedforsecurity=False).digest()
        if given.get("sec-websocket-accept") != base64.b64encode(digest).decode():
            raise WebSocketFault("other-key")
        if given.get("sec-websocket-extensions"):
            raise WebSocketFault("uninvited")

    def ask(self, kind: MessageKind, message: bytes) -> bytes:
        """Send a message, and return the next one, which has to be of the same kind.

        Pings in between are answered. Raises WebSocketFault.
        """
        self._write(_TEXT if kind == "text" else _BINARY, message)
        received, answer = self._message()
        if received != kind:
            raise WebSocketFault("other-kind")
        return answer

    def close(self) -> None:
        """Tell the server that this ends it."""
        self._write(_CLOSE, _NORMAL.to_bytes(2, "big"))

    def _message(self) -> tuple[MessageKind, bytes]:
        opcode, size = 0, 0
        pieces: list[bytes] = []
        while True:
            frame = self._frame()
            if frame.opcode == _PING:
                self._write(_PONG, frame.payload)
            elif frame.opcode == _CLOSE:
                code = int.from_bytes(frame.payload[:2], "big") if frame.payload else _NO_CODE
                raise WebSocketFault("closed", code)
            elif frame.opcode != _PONG:
                if bool(frame.opcode) == bool(pieces or opcode):
                    raise WebSocketFault("malformed")
                opcode = opcode or frame.opcode
                pieces.append(frame.payload)
                size += len(frame.payload)
                if size > self._most_bytes:
                    raise WebSocketFault("too-large")
                if frame.is_final:
                    return "text" if opcode == _TEXT else "binary", b"".join(pieces)

    def _frame(self) -> _Frame:
        first, second = self._read(2)
        opcode, length = first & 0x0F, second & 0x7F
        known = opcode in {0, _TEXT, _BINARY, _CLOSE, _PING, _PONG}
        if not known or first & _RESERVED or second & _MASKED:
            raise WebSocketFault("malformed")
        if length > _SHORT:
            length = int.from_bytes(self._read(2 if length == _LONG else 8), "big")
        if length > self._most_bytes:
            raise WebSocketFault("too-large")
        return _Frame(bool(first & _FINAL), opcode, self._read(length))

    def _read(self, size: int) -> bytes:
        read = self._stream.read(size)
        if len(read) < size:
            raise WebSocketFault("closed")
        return read

    def _write(self, opcode: int, payload: bytes) -> None:
        key, size = os.urandom(4), len(payload)
        if size <= _SHORT:
            length = bytes([_MASKED | size])
        elif size < 1 << 16:
            length = bytes([_MASKED | _LONG]) + size.to_bytes(2, "big")
        else:
            length = bytes([_MASKED | _LONGEST]) + size.to_bytes(8, "big")
        mask = int.from_bytes((key * (size // len(key) + 1))[:size], "big")
        masked = (int.from_bytes(payload, "big") ^ mask).to_bytes(size, "big")
        self._send(bytes([_FINAL | opcode]) + length + key + masked)
