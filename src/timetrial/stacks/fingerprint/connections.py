"""What a stack does with the connections of its clients."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable, Collection

from timetrial.model.effective_config import KeepAlive
from timetrial.stacks.fingerprint.sockets import tcp_nodelay
from timetrial.stacks.launch import Launch
from timetrial.stacks.readiness import Connection

REQUESTS = 10
ANSWER_WITHIN_S = 5.0
LOOK_WITHIN_S = 1.0
LOOK_AGAIN_S = 0.005
PAUSE_MS = 200
"""So long an answer is held back, that its connection can be looked at."""


def observe_keep_alive(launch: Launch) -> KeepAlive:
    """Send the probe again and again on one connection, as long as it is answered there."""
    answered, closing = 0, False
    try:
        with Connection(launch.host, launch.port, ANSWER_WITHIN_S) as connection:
            while answered < REQUESTS and not closing:
                answer = connection.ask(launch.probe, keep_alive=True, timeout_s=ANSWER_WITHIN_S)
                answered, closing = answered + 1, answer.closing
    except (OSError, http.client.HTTPException, ValueError):
        pass
    return KeepAlive(answered, REQUESTS, closing)


def observe_nodelay(
    launch: Launch, secret_path: str | None, pids: Callable[[], Collection[int]]
) -> bool | None:
    """Look at a connection while its request is under way; None where it does not show.

    Without a path whose answer can be held back it is looked at after its first answer, if it is
    still open then.
    """
    path = launch.probe.path if secret_path is None else f"{secret_path}?pause_ms={PAUSE_MS}"
    request = f"GET {path} HTTP/1.1\r\nHost: {launch.host}:{launch.port}\r\n\r\n"
    try:
        with socket.create_connection((launch.host, launch.port), LOOK_WITHIN_S) as client:
            client.sendall(request.encode())
            if secret_path is None:
                client.recv(1)
            own_port: int = client.getsockname()[1]
            deadline = time.monotonic() + LOOK_WITHIN_S
            while time.monotonic() < deadline:
                found = tcp_nodelay(launch.port, own_port, pids())
                if found is not None:
                    return found
                time.sleep(LOOK_AGAIN_S)
    except OSError:
        pass
    return None
