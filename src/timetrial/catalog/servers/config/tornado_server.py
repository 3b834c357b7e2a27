"""Tornado's container for WSGI apps, forked, on one listening socket."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from prefork_workers import Settings, become_worker, listen, load_app, read_settings
from tornado.httpserver import HTTPServer
from tornado.wsgi import WSGIContainer


def main() -> None:
    settings = read_settings()
    listener = listen(settings.host, settings.port)
    if become_worker(settings.workers):
        asyncio.run(serve(listener, settings))


async def serve(listener: socket.socket, settings: Settings) -> None:
    app = WSGIContainer(load_app(settings.app), ThreadPoolExecutor(settings.threads))
    HTTPServer(app).add_socket(listener)
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
