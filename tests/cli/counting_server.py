"""A small server on threads that counts what it is asked."""

from __future__ import annotations

import http.server
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

BODY = b"hello"


class CountingServer(http.server.ThreadingHTTPServer):
    """Answers /never when it is closed, /echo/… with its path, and all else with `BODY`."""

    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: Counter[str] = Counter()
        """Requests by path."""
        self.methods: Counter[str] = Counter()
        self.bodies: Counter[bytes] = Counter()
        """Of requests that are no GET."""
        self.authorizations: Counter[str] = Counter()
        """Of requests that have one."""
        self.clients: set[str] = set()
        """IP addresses."""
        self.closing = threading.Event()
        self._lock = threading.Lock()

    def url(self, path: str = "/hello") -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"

    def count(self, method: str, path: str, body: bytes) -> None:
        with self._lock:
            self.asked[path] += 1
            self.methods[method] += 1
            if method != "GET":
                self.bodies[body] += 1

    def handle_error(self, *_: Any) -> None:  # noqa: ANN401 - as it is inherited
        """Say nothing: clients that are interrupted leave in the middle."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: CountingServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.count(self.command, self.path, content)
        self.server.clients.add(self.client_address[0])
        if authorization := self.headers["Authorization"]:
            self.server.authorizations[authorization] += 1
        if self.path == "/never":
            self.server.closing.wait()
        body = self.path.encode() if self.path.startswith("/echo/") else BODY
        self.send_response(418 if self.path == "/teapot" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_HEAD = _answer  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - as it is inherited
        pass


@contextmanager
def counting_server() -> Iterator[CountingServer]:
    with CountingServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
