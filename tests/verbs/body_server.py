"""A server of Python's library that counts what is uploaded, and compresses what it sends."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEXT = b"a text that is compressed " * 4_000


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        if self.path == "/too-large":
            self._answer(413, b"")
            self.close_connection = True
            return
        body = self._body()
        kind = self.headers["Content-Type"].partition(";")[0]
        self._answer(200, f"{kind} {len(body)} {zlib.crc32(body):08x}".encode())

    def do_GET(self) -> None:
        if self.headers.get("Accept-Encoding") == "gzip":
            self._answer(200, gzip.compress(TEXT), {"Content-Encoding": "gzip"})
        else:
            self._answer(200, TEXT)

    def log_message(self, *_args: object) -> None:
        """Print nothing."""

    def _body(self) -> bytes:
        if self.headers["Transfer-Encoding"] is None:
            return self.rfile.read(int(self.headers["Content-Length"]))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def taking_bodies() -> Iterator[str]:
    """Serve until the end of the block; give the URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
