"""An ASGI app that answers each request with a fixed response."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/plain"), (b"content-length", b"12")],
}
BODY = {"type": "http.response.body", "body": b"Hello world!"}
Send = Callable[[Mapping[str, object]], Awaitable[None]]


async def app(scope: Mapping[str, object], _receive: object, send: Send) -> None:
    if scope["type"] == "http":
        await send(START)
        await send(BODY)
