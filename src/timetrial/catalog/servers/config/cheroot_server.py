"""cheroot, forked, on one listening socket; its own command line has no processes."""

from __future__ import annotations

import socket

from cheroot import wsgi
from prefork_workers import BACKLOG, Settings, become_worker, listen, load_app, read_settings

KEEP_ALIVE_S = 120
KEPT_CONNECTIONS = 10_000


class InheritedServer(wsgi.Server):
    """A server on a socket that listens already."""

    inherited: socket.socket

    def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:  # noqa: A002, ARG002 - cheroot calls it so
        self.socket = self.inherited
        return self.inherited


def main() -> None:
    settings = read_settings()
    listener = listen(settings.host, settings.port)
    if become_worker(settings.workers):
        server_on(listener, settings).start()


def server_on(listener: socket.socket, settings: Settings) -> InheritedServer:
    server = InheritedServer(
        (settings.host, settings.port),
        load_app(settings.app),
        numthreads=settings.threads,
        request_queue_size=BACKLOG,
        timeout=KEEP_ALIVE_S,
    )
    server.inherited = listener
    server.keep_alive_conn_limit = KEPT_CONNECTIONS
    return server


if __name__ == "__main__":
    main()
