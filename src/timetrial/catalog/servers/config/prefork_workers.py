"""What servers that bring no processes of their own share: a listening socket, and workers on it.

The file name is long so that no app has a module of the same name.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import socket
from dataclasses import dataclass
from functools import reduce
from typing import Any

BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Settings:
    """What the manifests pass on, the same for every server here."""

    host: str
    port: int
    workers: int
    """Processes."""
    threads: int
    """A process."""
    app: str
    """`module:attribute`."""


def read_settings() -> Settings:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("app")
    return Settings(**vars(parser.parse_args()))


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket, whose connections inherit TCP_NODELAY."""
    # The protocol is named: asyncio takes a socket for TCP only if it is.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.setblocking(False)  # noqa: FBT003 - sockets have no other way to say it
    return listener


def load_app(target: str) -> Any:  # noqa: ANN401 - an app is whatever its interface wants
    module, _, attribute = target.partition(":")
    return reduce(getattr, attribute.split("."), importlib.import_module(module))


def become_worker(count: int) -> bool:
    """Fork workers: True in each of them; False in their parent, once it was told to stop.

    The parent passes SIGTERM on. A worker that ends by itself ends the others, and the parent
    raises ChildProcessError, so that nobody measures what is left.
    """
    # Blocked until the parent asks for them: none can come between two lines of it.
    awaited = {signal.SIGTERM, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    pids: set[int] = set()
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, awaited)
            return True
        pids.add(pid)
    _supervise(pids, awaited)
    return False


def _supervise(pids: set[int], awaited: set[signal.Signals]) -> None:
    stopping = False
    lost: list[str] = []
    while pids:
        if signal.sigwait(awaited) == signal.SIGTERM:
            stopping = True
            _stop(pids)
        for pid, code in _ended(pids):
            pids.discard(pid)
            # A signal for the whole group may reach a worker before it reaches its parent.
            if not stopping and code != -signal.SIGTERM:
                lost.append(f"worker {pid} ended with exit code {code}")
        if lost:
            _stop(pids)
    if lost:
        raise ChildProcessError(lost[0])


def _stop(pids: set[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGTERM)


def _ended(pids: set[int]) -> list[tuple[int, int]]:
    """Reap those that have ended: their process ids and exit codes."""
    waited = [os.waitpid(pid, os.WNOHANG) for pid in pids]
    return [(pid, os.waitstatus_to_exitcode(status)) for pid, status in waited if pid]
