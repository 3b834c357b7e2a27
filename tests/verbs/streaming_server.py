"""A server of streams that is not ours: uvicorn, on a port of loopback and on a Unix socket."""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

_WITHIN_S = 60.0
_TICK_S = 0.005


@dataclass(frozen=True, slots=True)
class StreamingServer:
    """Where it listens."""

    url: str
    unix: Path


async def _clock(_request: Request) -> Response:
    """Tick for ever, with a number in the id and in the data."""

    async def ticks() -> AsyncIterator[str]:
        for number in itertools.count(7):
            yield f'id: {number}\r\ndata: {{"n": {number}}}\r\n\r\n'
            await asyncio.sleep(_TICK_S)

    return StreamingResponse(ticks(), media_type="text/event-stream")


async def _forgetful(_request: Request) -> Response:
    """Leave out every fourth event."""

    async def ticks() -> AsyncIterator[str]:
        for number in range(1, 9):
            if number % 4:
                yield f"id: {number}\ndata: tick\n\n"

    return StreamingResponse(ticks(), media_type="text/event-stream")


async def _tokens(_request: Request) -> Response:
    async def words() -> AsyncIterator[str]:
        for word in ("to", "be", "or"):
            yield word
            await asyncio.sleep(_TICK_S)

    return StreamingResponse(words(), media_type="text/plain")


async def _buffered(_request: Request) -> Response:
    """Hold all events back until the last one, as some proxies do."""
    await asyncio.sleep(0.1)
    return Response("data: tick\n\n" * 5, media_type="text/event-stream")


async def _json(_request: Request) -> Response:
    return JSONResponse({"no": "stream"})


_APP = Starlette(
    routes=[
        Route("/clock", _clock),
        Route("/forgetful", _forgetful),
        Route("/tokens", _tokens),
        Route("/buffered", _buffered),
        Route("/json", _json),
    ]
)


@contextmanager
def streaming_server(folder: Path) -> Iterator[StreamingServer]:
    unix = folder / "app.sock"
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as local,
    ):
        local.bind(str(unix))
        local.listen()
        config = uvicorn.Config(_APP, log_level="critical", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [tcp, local]})
        thread.start()
        try:
            until_s = time.monotonic() + _WITHIN_S
            while not server.started:
                assert thread.is_alive()
                assert time.monotonic() < until_s
                time.sleep(0.01)
            yield StreamingServer(f"http://127.0.0.1:{tcp.getsockname()[1]}", unix)
        finally:
            server.should_exit = True
            thread.join()
