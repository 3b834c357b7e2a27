"""One WebSocket of a client (RFC 6455): its upgrade, then messages, as the load engine has them.

It reads from a stream and writes by a function; sockets and times are the caller's. Frames are
those of the library `websockets`.
"""

from __future__ import annotations

import http.client
import io
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

from websockets.exceptions import PayloadTooBig
from websockets.frames import DATA_OPCODES, CloseCode, Frame, Opcode
from websockets.protocol import CLIENT, OPEN, Protocol
from websockets.utils import accept_key, generate_key

from timetrial.model import MessageKind

_NO_CODE = CloseCode.NO_STATUS_RCVD
_READ_BYTES = 1 << 16

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


class WebSocket:
    """The client's side; `upgrade` is sent first, and its answer checked by `accept`."""

    def __init__(
        self, stream: io.BufferedReader, send: Callable[[bytes], None], most_bytes: int
    ) -> None:
        """Read from a stream, write by `send`; longer messages than `most_bytes` are refused."""
        self._stream = stream
        self._send = send
        self._key = generate_key()
        self._protocol = Protocol(CLIENT, state=OPEN, max_size=most_bytes)
        self._frames: deque[Frame] = deque()

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
        if given.get("sec-websocket-accept") != accept_key(self._key):
            raise WebSocketFault("other-key")
        if given.get("sec-websocket-extensions"):
            raise WebSocketFault("uninvited")

    def ask(self, kind: MessageKind, message: bytes) -> bytes:
        """Send a message, and return the next one, which has to be of the same kind.

        Pings in between are answered. Raises WebSocketFault.
        """
        send = self._protocol.send_text if kind == "text" else self._protocol.send_binary
        send(message)
        self._flush()
        received, answer = self._message()
        if received != kind:
            raise WebSocketFault("other-kind")
        return answer

    def close(self) -> None:
        """Tell the server that this ends it."""
        if self._protocol.state is OPEN:
            self._protocol.send_close(CloseCode.NORMAL_CLOSURE)
            self._flush()

    def _message(self) -> tuple[MessageKind, bytes]:
        frames: list[Frame] = []
        while not (frames and frames[-1].fin):
            if not self._frames:
                self._read()
            frames += [self._frames.popleft()] if self._frames else []
        kind: MessageKind = "text" if frames[0].opcode is Opcode.TEXT else "binary"
        return kind, b"".join(bytes(frame.data) for frame in frames)

    def _read(self) -> None:
        """Read once, keep the frames of messages, and answer what wants an answer."""
        if self._protocol.state is not OPEN:
            received = self._protocol.close_rcvd
            raise WebSocketFault("closed", _NO_CODE if received is None else received.code)
        if data := self._stream.read1(_READ_BYTES):
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        self._flush()
        match self._protocol.parser_exc:
            case PayloadTooBig():
                raise WebSocketFault("too-large")
            case None | EOFError():
                pass
            case _:
                raise WebSocketFault("malformed")
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in DATA_OPCODES:
                self._frames.append(event)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:  # nothing stands for the end of the stream
                self._send(bytes(data))
