"""FastWSGI, forked; it opens its own listening sockets, which share the port."""

from __future__ import annotations

import fastwsgi
from prefork_workers import BACKLOG, become_worker, load_app, read_settings


def main() -> None:
    settings = read_settings()
    if become_worker(settings.workers):
        server = fastwsgi.server
        server.backlog = BACKLOG
        server.tcp_nodelay = 1
        server.init(load_app(settings.app), settings.host, settings.port)
        server.run()


if __name__ == "__main__":
    main()
