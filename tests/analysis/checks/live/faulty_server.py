"""A server with a fault: `faulty_server.py PORT WORKERS`, with FAULT in the environment.

A sound one answers 5 ms after each request, or 200 ms at /patient.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

FAULT = os.environ.get("FAULT", "none")
DELAY_S = 0.005
PATIENT_S = 0.2
FAIR_SHARE = 4
"""Connections that one worker takes, so that eight spread evenly over two."""
FIRST_LOOKS = 20
"""Requests in which a start is made sure of."""
LIFE = 150
"""Responses of a worker that dies: more than those of its warm-up."""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n"
WRONG = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 12\r\n"
BODY = b"\r\nHello world!"


class Worker:
    """All connections of one process."""

    def __init__(self, listener: socket.socket, workers: int, aged: int) -> None:
        self.listener = listener
        self.open = 0
        self.answered = 0
        self.most = FAIR_SHARE if workers > 1 and FAULT != "one_worker" else 1_000
        self.aged = aged
        self.database: socket.socket | None = None
        if FAULT == "accepts_two":
            self.most = 2

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._listen()
        if FAULT == "stalls":
            self.loop.call_later(0.8, self._stall)
        await asyncio.Event().wait()

    def _listen(self) -> None:
        self.loop.add_reader(self.listener, self._accept)

    def _accept(self) -> None:
        try:
            peer, _ = self.listener.accept()
        except BlockingIOError:  # another worker was faster
            return
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.open += 1
        if self.open >= self.most:
            self.loop.remove_reader(self.listener)
        self.loop.create_task(self.loop.connect_accepted_socket(lambda: Peer(self), peer))

    def left(self) -> None:
        self.open -= 1
        if self.open == self.most - 1:
            self._listen()

    def _stall(self) -> None:
        time.sleep(0.2)
        self.loop.call_later(0.8, self._stall)

    def delay_s(self, request: bytes) -> float:
        if b" /patient " in request:
            return PATIENT_S
        if FAULT == "delayed":
            return 0.0405
        if FAULT == "slows":
            return DELAY_S * (1 + self.answered / 400)
        if FAULT == "ages":
            return float(DELAY_S * 1.5**self.aged)
        return DELAY_S

    def head(self) -> bytes:
        """Count a response, do what the fault is, and return the response's head."""
        self.answered += 1
        if FAULT == "errors" and self.answered % 100 == 0:
            return WRONG
        if FAULT == "logs":
            print('127.0.0.1 - "GET /hello HTTP/1.1" 200 OK', flush=True)  # noqa: T201 - the log
        if FAULT == "dies" and self.answered == LIFE:
            os._exit(1)
        if FAULT in {"busy", "one_worker", "shares"}:
            until = time.process_time() + 0.001
            while time.process_time() < until:
                pass
        if FAULT == "capped":
            time.sleep(0.02)
        if FAULT in {"one_connection", "four_connections"}:
            self._ask_database()
        return OK + b"Connection: close\r\n" if self.closes() else OK

    def closes(self) -> bool:
        """Whether connections end with a response; the look at keep-alive comes before that."""
        return FAULT == "closes" and self.answered > FIRST_LOOKS

    def _ask_database(self) -> None:
        if self.database is None:
            self.database = connections_to_database(1)[0]
        self.database.sendall(b"GET / HTTP/1.1\r\nHost: database\r\n\r\n")
        self.database.recv(65_536)


class Peer(asyncio.Protocol):
    """One connection."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.worker.left()

    def data_received(self, data: bytes) -> None:
        *requests, self.unread = (self.unread + data).split(b"\r\n\r\n")
        for request in requests:
            self.worker.loop.call_later(self.worker.delay_s(request), self._answer)

    def _answer(self) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(self.worker.head() + BODY)
        if self.worker.closes():
            self.transport.close()


def listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(0 if FAULT == "accepts_two" else 100)
    listener.settimeout(0)
    return listener


def connections_to_database(number: int) -> list[socket.socket]:
    address = urlsplit(os.environ["DATABASE"])
    return [socket.create_connection((address.hostname, address.port or 80)) for _ in range(number)]


def starts_so_far() -> int:
    """Count this start in a file; return how many there were before."""
    counter = Path(os.environ["COUNTER"])
    before = counter.stat().st_size if counter.exists() else 0
    with counter.open("ab") as file:
        file.write(b".")
    return before


def main() -> None:
    port, workers = map(int, sys.argv[1:])
    listener = listening(port)
    aged = starts_so_far() if FAULT == "ages" else 0
    held = connections_to_database(3) if FAULT == "four_connections" else []
    if FAULT == "strays":
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    if workers == 1:
        Worker(listener, 1, aged).run()
    children = {fork(listener, workers, place) for place in range(workers)}
    while children:
        gone, _ = os.wait()
        children = children - {gone} | {fork(listener, workers, 0)}
    del held


def fork(listener: socket.socket, workers: int, place: int) -> int:
    child = os.fork()
    if child == 0:
        if FAULT == "one_worker" and place:
            time.sleep(1_000)
        Worker(listener, workers, 0).run()
    return child


if __name__ == "__main__":
    main()
