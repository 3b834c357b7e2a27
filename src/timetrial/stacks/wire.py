"""The bytes of one connection: over TCP or TLS, each read within the time of the whole exchange."""

from __future__ import annotations

import io
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

from timetrial.stacks.certificates import trusting

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


def connected(host: str, port: int, within_s: float, authority: Path | None) -> socket.socket:
    """Connect; over TLS where there is the file of the authority that the server's name is from.

    Raises OSError, which a handshake that fails is, too.
    """
    plain = socket.create_connection((host, port), timeout=within_s)
    if authority is None:
        return plain
    try:
        return trusting(authority).wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


class Wire(io.RawIOBase):
    """What is read of a socket before a deadline."""

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
    """The same stream for all responses of a connection."""

    def close(self) -> None:
        """Stay open, though http.client closes its stream after a response."""
