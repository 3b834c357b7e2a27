"""Streams of server-sent events, numbered from 0, and a short answer beside them.

`/clock` tells the time ten times a second, `/tokens` is as an answer of a language model: 50 words
a second, and the events of `/burst` come as fast as they can. `?events=100` says how many. Moments
are those of a schedule: a delay is not passed on.
"""

import asyncio
import time
from urllib.parse import parse_qs

TEXT = "text/plain; charset=utf-8"
EVENTS = "text/event-stream"
HELLO = b"Hello world!"
NOT_FOUND = b"Not found"
PER_S = {"/clock": 10, "/tokens": 50}
STREAMS = (*PER_S, "/burst")
MANY = "100"


def response_of(path):
    return ("200 OK", HELLO) if path == "/hello" else ("404 Not Found", NOT_FOUND)


def schedule(path, query):
    """Yield the moment of each event, in seconds from the first, and the event."""
    number = int(parse_qs(query).get("events", [MANY])[0])
    for event in range(number):
        ends = "data: [DONE]\n\n" if path == "/tokens" and event == number - 1 else ""
        data = f"{time.time():.6f}" if path == "/clock" else f"word{event:04}"
        yield event / PER_S[path] if path in PER_S else 0.0, f"id: {event}\ndata: {data}\n\n{ends}"


def waits(path, query):
    """Yield how long to wait before each event, and the event as bytes as soon as it is due."""
    began_s = time.monotonic()
    for due_s, event in schedule(path, query):
        yield max(0.0, began_s + due_s - time.monotonic()), event.encode()


def wsgi(environ, start_response):
    path = environ["PATH_INFO"]
    if path in STREAMS:
        start_response("200 OK", [("Content-Type", EVENTS), ("Cache-Control", "no-store")])
        return wsgi_events(path, environ.get("QUERY_STRING", ""))
    status, body = response_of(path)
    start_response(status, [("Content-Type", TEXT), ("Content-Length", str(len(body)))])
    return [body]


def wsgi_events(path, query):
    for wait_s, event in waits(path, query):
        if wait_s:
            time.sleep(wait_s)
        yield event


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        if scope["path"] in STREAMS:
            await asgi_events(scope["path"], scope["query_string"].decode(), receive, send)
        else:
            await answer(scope["path"], send)


async def asgi_events(path, query, receive, send):
    left = asyncio.ensure_future(disconnected(receive))
    headers = [(b"content-type", EVENTS.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    try:
        for wait_s, event in waits(path, query):
            if wait_s:
                await asyncio.sleep(wait_s)
            if left.done():
                return
            await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        left.cancel()


async def disconnected(receive):
    while (await receive())["type"] != "http.disconnect":
        pass


async def answer(path, send):
    status, body = response_of(path)
    headers = [(b"content-type", TEXT.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": int(status[:3]), "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive, send):
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def rsgi(scope, protocol):
    if scope.path in STREAMS:
        headers = [("content-type", EVENTS), ("cache-control", "no-store")]
        transport = protocol.response_stream(200, headers)
        for wait_s, event in waits(scope.path, scope.query_string):
            if wait_s:
                await asyncio.sleep(wait_s)
            await transport.send_bytes(event)
        return
    status, body = response_of(scope.path)
    headers = [("content-type", TEXT), ("content-length", str(len(body)))]
    protocol.response_bytes(status=int(status[:3]), headers=headers, body=body)
