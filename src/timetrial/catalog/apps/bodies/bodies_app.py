"""Large bodies: uploads that are counted as they are read, and downloads in pieces.

`POST /upload` answers with how many bytes came and their CRC-32. `/download?bytes=1048576` sends so
many, `/file` a file by the means of the server, `/gzip` a compressed text.
"""

import gzip
import tempfile
import zlib
from pathlib import Path
from urllib.parse import parse_qs

PIECE_BYTES = 64 * 1024
MANY = "1048576"
BINARY = "application/octet-stream"
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
NOT_FOUND = b"Not found"
REASONS = {200: "OK", 404: "Not Found"}
PIECE = bytes(b"abcdefghijklmnopqrstuvwxyz234567"[n * n % 32] for n in range(PIECE_BYTES))
PACKED = gzip.compress(PIECE * 16, mtime=0)
# It lives as long as the process does.
FILE = tempfile.NamedTemporaryFile(prefix="bodies-")  # noqa: SIM115
FILE.write(PIECE * 16)
FILE.flush()


class Sum:
    """Counts what is read."""

    def __init__(self):
        self.bytes = 0
        self.crc32 = 0

    def add(self, piece):
        self.bytes += len(piece)
        self.crc32 = zlib.crc32(piece, self.crc32)

    def answer(self):
        return f'{{"bytes": {self.bytes}, "crc32": "{self.crc32:08x}"}}'.encode()


def pieces(query):
    """Yield the pieces of a download, and how many bytes they have in all."""
    left = int(parse_qs(query).get("bytes", [MANY])[0])
    return left, (PIECE[: left - at] for at in range(0, left, PIECE_BYTES))


def response_of(path):
    """Return status and body of a short answer, and headers beside its type and length."""
    if path == "/gzip":
        return 200, PACKED, {"Content-Encoding": "gzip", "Content-Type": TEXT}
    return 404, NOT_FOUND, {"Content-Type": TEXT}


def fields(kind, length):
    return {"Content-Type": kind, "Content-Length": str(length)}


def wsgi(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/upload":
        body = wsgi_upload(environ["wsgi.input"])
        start_response("200 OK", list(fields(JSON, len(body)).items()))
        return [body]
    if path == "/download":
        length, body = pieces(environ.get("QUERY_STRING", ""))
        start_response("200 OK", list(fields(BINARY, length).items()))
        return body
    if path == "/file":
        start_response("200 OK", list(fields(BINARY, len(PIECE) * 16).items()))
        return environ.get("wsgi.file_wrapper", read_in_pieces)(opened(), PIECE_BYTES)
    status, body, headers = response_of(path)
    headers |= {"Content-Length": str(len(body))}
    start_response(f"{status} {REASONS[status]}", list(headers.items()))
    return [body]


def wsgi_upload(stream):
    total = Sum()
    while piece := stream.read(PIECE_BYTES):
        total.add(piece)
    return total.answer()


def opened():
    return Path(FILE.name).open("rb")


def read_in_pieces(file, size):
    with file:
        while piece := file.read(size):
            yield piece


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        await asgi_http(scope, receive, send)


async def asgi_http(scope, receive, send):
    path = scope["path"]
    if path == "/upload":
        body = await asgi_upload(receive)
        await begin(send, 200, fields(JSON, len(body)))
        await send({"type": "http.response.body", "body": body})
    elif path == "/download":
        length, body = pieces(scope["query_string"].decode())
        await begin(send, 200, fields(BINARY, length))
        await asgi_pieces(send, body)
    elif path == "/file":
        await begin(send, 200, fields(BINARY, len(PIECE) * 16))
        if "http.response.pathsend" in scope.get("extensions", {}):
            await send({"type": "http.response.pathsend", "path": FILE.name})
        else:
            await asgi_pieces(send, read_in_pieces(opened(), PIECE_BYTES))
    else:
        status, body, headers = response_of(path)
        await begin(send, status, headers | {"Content-Length": str(len(body))})
        await send({"type": "http.response.body", "body": body})


async def begin(send, status, headers):
    named = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": named})


async def asgi_pieces(send, body):
    for piece in body:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def asgi_upload(receive):
    total, more = Sum(), True
    while more:
        message = await receive()
        total.add(message.get("body", b""))
        more = message.get("more_body", False)
    return total.answer()


async def lifespan(receive, send):
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def rsgi(scope, protocol):
    path = scope.path
    if path == "/upload":
        total = Sum()
        async for piece in protocol:
            total.add(piece)
        body = total.answer()
        protocol.response_bytes(200, rsgi_fields(fields(JSON, len(body))), body)
    elif path == "/download":
        length, body = pieces(scope.query_string)
        transport = protocol.response_stream(200, rsgi_fields(fields(BINARY, length)))
        for piece in body:
            await transport.send_bytes(piece)
    elif path == "/file":
        headers = rsgi_fields(fields(BINARY, len(PIECE) * 16))
        protocol.response_file(200, headers, FILE.name)
    else:
        status, body, headers = response_of(path)
        headers |= {"Content-Length": str(len(body))}
        protocol.response_bytes(status, rsgi_fields(headers), body)


def rsgi_fields(headers):
    return [(name.lower(), value) for name, value in headers.items()]
