"""What is read of a connection, with a deadline for all of it."""

from __future__ import annotations

import io
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Wire(io.RawIOBase):
    """The bytes of a socket, until a deadline."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self.deadline = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._peer.settimeout(left_s)
        return self._peer.recv_into(buffer)


class Stream(io.BufferedReader):
    """Several responses, one after the other."""

    def close(self) -> None:
        """Stay open, though http.client closes its stream after a response."""
