"""The requests that wrk sends, as bytes, and as a Lua file that holds them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from timetrial.drivers.driver import Request

_PRINTABLE = {code for code in range(0x20, 0x7F)} - {ord('"'), ord("\\")}  # noqa: C416 - reads as what it is


def batches(requests: Sequence[Request], host: str, depth: int) -> list[bytes]:
    """Put `depth` requests into each batch, so that all batches in turn give them in turn."""
    written = [wire(request, host) for request in requests]
    number = math.lcm(len(written), depth) // depth
    return [
        b"".join(written[(batch * depth + place) % len(written)] for place in range(depth))
        for batch in range(number)
    ]


def wire(request: Request, host: str) -> bytes:
    """Write one request as it goes over the wire."""
    given = {name.lower() for name, _ in request.headers}
    headers = list(request.headers)
    if "host" not in given:
        headers.insert(0, ("Host", host))
    needs_length = request.content or request.method in {"POST", "PUT", "PATCH"}
    if needs_length and "content-length" not in given:
        headers.append(("Content-Length", str(len(request.content))))
    head = [f"{request.method} {request.path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers)]
    return "\r\n".join([*head, "", ""]).encode("latin-1", errors="replace") + request.content


def as_lua(texts: Sequence[bytes]) -> str:
    """Write a Lua file that returns the list of them."""
    return f"return {{\n{''.join(f'  {_quoted(text)},{chr(10)}' for text in texts)}}}\n"


def _quoted(text: bytes) -> str:
    return '"' + "".join(chr(c) if c in _PRINTABLE else f"\\{c:03d}" for c in text) + '"'
