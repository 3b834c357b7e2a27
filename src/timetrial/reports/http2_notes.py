"""What HTTP/2 showed beside requests and their responses, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from timetrial.drivers.protocol_text import VIOLATED
from timetrial.model import Http2Facts, ProtocolRefusal

_REFUSED: Mapping[ProtocolRefusal, str] = {
    "http1": "the server speaks HTTP/1, not HTTP/2, at this URL: leave out --http2",
    "other-protocol": "what the server sends is not HTTP/2: is this its port for HTTP?",
    "not-negotiated": (
        "the server does not offer HTTP/2 over TLS (ALPN h2): switch it on there, or leave out "
        "--http2"
    ),
    "closed": "the server closed the connection instead of speaking HTTP/2",
    "silent": "the server did not answer the beginning of HTTP/2 within the timeout",
}
CODES = {
    0: "no error",
    1: "protocol error",
    2: "internal error",
    3: "flow control",
    4: "settings not acknowledged",
    5: "stream closed",
    6: "frame size",
    7: "stream refused",
    8: "cancelled",
    9: "compression",
    10: "connect",
    11: "enhance your calm",
    12: "security",
    13: "HTTP/1.1 required",
}
"""As RFC 9113, section 7, names them."""


def http2_notes(facts: Http2Facts) -> Iterator[str]:
    if facts.refusal is not None:
        yield f"A connection failed: {refused_text(facts.refusal)}."
    if facts.violation is not None:
        yield f"The server broke HTTP/2 by {VIOLATED[facts.violation]}: the connection was closed."
    if facts.resets:
        yield f"The server ended streams without a response: {_codes(facts.resets)}."
    if facts.goaways:
        yield f"The server ended connections in order (GOAWAY): {_codes(facts.goaways)}."
    if facts.retries:
        requests = "request was" if facts.retries == 1 else "requests were"
        yield f"{facts.retries:,} {requests} sent again, as the server had not processed them."


def streams_text(facts: Http2Facts, wanted: int) -> str:
    """Say how many streams a connection had, and what was allowed and wanted."""
    allowed = "any number" if facts.allowed_streams is None else f"{facts.allowed_streams:,}"
    return f"{facts.used_streams:,} of {wanted:,} streams used, {allowed} allowed"


def refused_text(refusal: ProtocolRefusal) -> str:
    return _REFUSED[refusal]


def _codes(counts: Mapping[int, int]) -> str:
    return ", ".join(
        f"{count:,} × {code} ({CODES.get(code, 'unknown')})"
        for code, count in sorted(counts.items())
    )
