"""A server that remembers what it was asked, and answers as the path says."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from timetrial.drivers.driver import Target
from timetrial.model.workload import Request


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    content: bytes


@dataclass(slots=True)
class OddServer:
    """What it was asked, in order."""

    address: str
    asked: list[Asked] = field(default_factory=list)

    def target(self, *requests: Request) -> Target:
        return Target(self.address, "shop.test", requests)


@contextmanager
def odd_server() -> Iterator[OddServer]:
    """Serve on loopback.

    /404 has that status, /hang is answered after 0.7 s, /reset and /close end the connection
    without an answer; anything else is answered with 'hello'. Each takes a moment, so that who
    asks as fast as it answers does not keep the CPUs busy.
    """
    server = _Server(("127.0.0.1", 0), _Handler)
    host, port = server.server_address[:2]
    _Handler.odd = OddServer(f"{host!s}:{port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield _Handler.odd
    finally:
        server.shutdown()
        thread.join()
        server.socket.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        # Without a FIN first: a reset is to be a reset.
        self.close_request(request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    odd: OddServer

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = tuple(self.headers.items())
        self.odd.asked.append(Asked(self.command, self.path, headers, content))
        time.sleep(0.7 if self.path == "/hang" else 0.005)
        if self.path in {"/reset", "/close"}:
            self._leave()
            return
        body = b"hello"
        self.send_response(404 if self.path == "/404" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 - the base class looks for these names

    def _leave(self) -> None:
        self.close_connection = True
        if self.path == "/reset":
            # Closing it with a linger of nothing sends RST.
            linger = b"\1\0\0\0\0\0\0\0"
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def finish(self) -> None:
        with suppress(ConnectionError, ValueError):
            super().finish()

    def log_message(self, *_: object) -> None:
        pass
