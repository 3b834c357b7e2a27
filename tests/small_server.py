"""A server that behaves well or badly, as told: `python small_server.py BEHAVIOUR PORT`."""

from __future__ import annotations

import http.server
import itertools
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

LONG_S = 600.0
"""Longer than any test waits for an end."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status = 200
    body = b"hello"
    surplus = b""
    closes = False
    unready = itertools.count(1)
    """How many of the first answers are 503: it counts up to 0."""
    exits = False

    def do_GET(self) -> None:
        early = next(self.unready) <= 0
        self.send_response(503 if early else self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body + self.surplus)
        self.close_connection = self.close_connection or self.closes
        if self.exits:
            self.wfile.flush()
            os._exit(4)


class SharingServer(http.server.ThreadingHTTPServer):
    def server_bind(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        super().server_bind()


def plain(port: int) -> None:
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def shares_port(port: int) -> None:
    SharingServer(("127.0.0.1", port), Handler).serve_forever()


def forks_two_workers(port: int) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    for _ in range(2):
        if os.fork() == 0:
            break
    server.serve_forever()


def workers_share_port(port: int) -> None:
    for _ in range(2):
        if os.fork() == 0:
            break
    shares_port(port)


def leaves_a_daemon(port: int) -> None:
    """Fork twice, with a new session in between: the classical way to get away."""
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        time.sleep(LONG_S)
    os.wait()
    plain(port)


def leaves_a_stubborn_daemon(port: int) -> None:
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.setsid()
        if os.fork():
            os._exit(0)
        time.sleep(LONG_S)
    os.wait()
    plain(port)


def daemonises(port: int) -> None:
    parent = os.getpid()
    if os.fork():
        sys.exit(0)
    os.setsid()
    while os.getppid() == parent:
        time.sleep(0.01)
    plain(port)


def ignores_sigterm(port: int) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    plain(port)


def exits_0(_port: int) -> None:
    sys.exit(0)


def exits_3(_port: int) -> None:
    print("no such app", file=sys.stderr)  # noqa: T201 - for the log
    sys.exit(3)


def kills_itself(_port: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def never_listens(_port: int) -> None:
    time.sleep(LONG_S)


def never_answers(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        time.sleep(LONG_S)


def drips(port: int) -> None:
    """Answer so slowly that no single read ever waits for long."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            peer, _ = listener.accept()
            with peer:
                try:
                    for letter in b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello":
                        peer.sendall(bytes([letter]))
                        time.sleep(0.2)
                except OSError:
                    continue


def speaks_gibberish(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            peer, _ = listener.accept()
            with peer:
                peer.recv(4096)
                peer.sendall(b"220 mail.example ESMTP\r\n\r\n")


def answers_500(port: int) -> None:
    Handler.status = 500
    plain(port)


def answers_500_and_exits(port: int) -> None:
    Handler.exits = True
    answers_500(port)


def answers_503_at_first(port: int) -> None:
    Handler.unready = itertools.count(-1)
    plain(port)


def answers_with_another_body(port: int) -> None:
    Handler.body = b"x" * 100
    plain(port)


def closes_connections(port: int) -> None:
    Handler.closes = True
    plain(port)


def lies_about_length(port: int) -> None:
    Handler.surplus = b"surplus"
    plain(port)


BEHAVIOURS: dict[str, Callable[[int], None]] = {
    behaviour.__name__: behaviour
    for behaviour in (
        plain,
        shares_port,
        forks_two_workers,
        workers_share_port,
        leaves_a_daemon,
        leaves_a_stubborn_daemon,
        daemonises,
        ignores_sigterm,
        exits_0,
        exits_3,
        kills_itself,
        never_listens,
        never_answers,
        drips,
        speaks_gibberish,
        answers_500,
        answers_500_and_exits,
        answers_503_at_first,
        answers_with_another_body,
        closes_connections,
        lies_about_length,
    )
}


if __name__ == "__main__":
    BEHAVIOURS[sys.argv[1]](int(sys.argv[2]))
