"""Probes of the hazards that manifests name: each asks a server that runs, for some seconds."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from timetrial.catalog.production_schema import Hazard
from timetrial.model.units import MIB
from timetrial.stacks.launch import Launch

PIPELINED = 4
BODY_BYTES = 48 * MIB
"""Less than what Tornado refuses."""
HOLDS_FROM_BYTES = 24 * MIB
PATIENCE_S = 1.5
"""After so long a server of a small app is blocked, not slow."""
WORKERS = 2
"""As `serving.launch_of` starts them; servers with fewer are blocked by fewer clients."""


def leaves_pipelined_unanswered(launch: Launch, _process: subprocess.Popen[bytes]) -> bool:
    """Send several requests in one piece; a server that closes the connection says so."""
    received = b""
    with _connected(launch) as client:
        client.settimeout(PATIENCE_S)
        client.sendall(_request(launch, "GET") * PIPELINED)
        try:
            while received.count(b"HTTP/1.") < PIPELINED:
                piece = client.recv(MIB)
                if not piece:
                    return False
                received += piece
        except TimeoutError:
            return True
    return False


def is_blocked_by_slow_clients(launch: Launch, _process: subprocess.Popen[bytes]) -> bool:
    """Let as many clients as workers begin a request and not end it."""
    begun = _request(launch, "GET")[:-2]
    with ExitStack() as clients:
        for _ in range(WORKERS):
            clients.enter_context(_connected(launch)).sendall(begun)
        time.sleep(0.2)
        blocked = not _answers(launch, PATIENCE_S)
    # Without them it serves again: they were the cause.
    assert _answers(launch, 10 * PATIENCE_S)
    return blocked


def holds_bodies_in_memory(launch: Launch, process: subprocess.Popen[bytes]) -> bool:
    """Send all but the end of a long body, and look at the memory of the server's processes."""
    before = _memory(process.pid)
    with _connected(launch) as client:
        client.settimeout(PATIENCE_S)
        head = _request(launch, "POST", f"Content-Length: {BODY_BYTES}\r\n")
        piece = bytes(MIB)
        # A server that reads no further, or refuses the request, holds nothing.
        with contextlib.suppress(OSError):
            client.sendall(head)
            for _ in range(BODY_BYTES // MIB - 1):
                client.sendall(piece)
        time.sleep(0.3)
        return _memory(process.pid) - before > HOLDS_FROM_BYTES


PROBES: Mapping[Hazard, Callable[[Launch, subprocess.Popen[bytes]], bool]] = {
    "leaves pipelined requests unanswered": leaves_pipelined_unanswered,
    "a slow client blocks a worker": is_blocked_by_slow_clients,
    "holds bodies in memory": holds_bodies_in_memory,
}


def _request(launch: Launch, method: str, headers: str = "") -> bytes:
    return f"{method} {launch.probe.path} HTTP/1.1\r\nHost: {launch.host}\r\n{headers}\r\n".encode()


@contextlib.contextmanager
def _connected(launch: Launch) -> Iterator[socket.socket]:
    with socket.create_connection((launch.host, launch.port), PATIENCE_S) as client:
        yield client


def _answers(launch: Launch, within_s: float) -> bool:
    """Say whether a client of its own gets an answer in time."""
    try:
        with _connected(launch) as client:
            client.settimeout(within_s)
            client.sendall(_request(launch, "GET", "Connection: close\r\n"))
            return client.recv(64).startswith(b"HTTP/1.")
    except OSError:
        return False


def _memory(group: int) -> int:
    """Return the resident bytes of a process group."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                total += int(fields[21]) * 4_096
    return total
