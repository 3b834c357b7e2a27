"""The least that WSGI and ASGI allow: what is left is the cost of the server."""

import asyncio
import time

WAIT_S = 0.05

HELLO = ("200 OK", "text/plain; charset=utf-8", b"Hello world!")
WAITED = ("200 OK", "application/json", b'{"status": "ok"}')
NOT_FOUND = ("404 Not Found", "text/plain; charset=utf-8", b"Not found")


def wsgi(environ, start_response):
    status, content_type, body = wsgi_response(environ["PATH_INFO"])
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]


def wsgi_response(path):
    if path == "/hello":
        return HELLO
    if path == "/wait_50ms":
        time.sleep(WAIT_S)
        return WAITED
    return NOT_FOUND


async def asgi(scope, receive, send):
    if scope["type"] == "http":
        await answer(scope, send)
    elif scope["type"] == "lifespan":
        await lifespan(receive, send)


async def answer(scope, send):
    status, content_type, body = await asgi_response(scope["path"])
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": int(status[:3]), "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def asgi_response(path):
    if path == "/hello":
        return HELLO
    if path == "/wait_50ms":
        await asyncio.sleep(WAIT_S)
        return WAITED
    return NOT_FOUND


async def lifespan(receive, send):
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
