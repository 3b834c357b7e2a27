"""The least that WSGI, ASGI and RSGI allow: what is left is the cost of the server.

The bodies are those of the Django app, ready made.
"""

import asyncio
import time
from pathlib import Path

EXPECTED = Path(__file__).parent.parent / "django" / "expected"

TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
JSON = "application/json"

OK = (JSON, b'{"status": "ok"}')
NOT_FOUND = (TEXT, b"Not found")
PAGES = {
    "/hello": (TEXT, b"Hello world!"),
    "/json": (JSON, b'[{"name": "name", "value": 1}]'),
    "/json_query": (JSON, (EXPECTED / "json_query.json").read_bytes()),
    "/template_query": (HTML, (EXPECTED / "template_query.html").read_bytes()),
    "/brotli": (JSON, (EXPECTED / "posts.json.br").read_bytes()),
    "/posts": (JSON, (EXPECTED / "posts.json").read_bytes()),
}
WAITS_S = {
    "/wait_50ms": 0.05,
    "/cache_hit": 0.02,
    "/cache_set": 0.2,
    "/gateway_1s": 1,
    "/gateway_3s": 3,
    "/gateway_10s": 10,
}


def wsgi(environ, start_response):
    path = environ["PATH_INFO"]
    if path in WAITS_S:
        time.sleep(WAITS_S[path])
    status, (content_type, body) = response_of(path)
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]


async def asgi(scope, receive, send):
    if scope["type"] == "http":
        await answer(scope["path"], send)
    elif scope["type"] == "lifespan":
        await lifespan(receive, send)


async def answer(path, send):
    if path in WAITS_S:
        await asyncio.sleep(WAITS_S[path])
    status, (content_type, body) = response_of(path)
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": int(status[:3]), "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def rsgi(scope, protocol):
    if scope.proto != "http":
        return
    path = scope.path
    if path in WAITS_S:
        await asyncio.sleep(WAITS_S[path])
    status, (content_type, body) = response_of(path)
    headers = [("content-type", content_type), ("content-length", str(len(body)))]
    protocol.response_bytes(status=int(status[:3]), headers=headers, body=body)


def response_of(path):
    if path in PAGES:
        return "200 OK", PAGES[path]
    if path in WAITS_S:
        return "200 OK", OK
    return "404 Not Found", NOT_FOUND


async def lifespan(receive, send):
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
