"""How requests travel, where it is not HTTP/1.1 over TCP, and what a server showed of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Carrier = Literal["http2", "h2c", "tls"]
"""HTTP/2 over TLS, agreed by ALPN; HTTP/2 without TLS, by prior knowledge; HTTP/1.1 over TLS."""
CARRIERS: frozenset[Carrier] = frozenset({"http2", "h2c", "tls"})
_NAMES: Mapping[Carrier, str] = {
    "http2": "HTTP/2 over TLS",
    "h2c": "HTTP/2 without TLS",
    "tls": "HTTP/1.1 over TLS",
}


@dataclass(frozen=True, slots=True)
class Transport:
    """What carries the requests of a benchmark."""

    protocol: Carrier
    resumes_tls: bool = False
    """Whether connections go on with the session of an earlier one, where the server allows it."""

    @property
    def is_http2(self) -> bool:
        return self.protocol != "tls"

    @property
    def is_encrypted(self) -> bool:
        return self.protocol != "h2c"

    def __str__(self) -> str:
        return _NAMES[self.protocol] + (", sessions resumed" if self.resumes_tls else "")


@dataclass(frozen=True, slots=True)
class TlsHandshakes:
    """The handshakes of TLS, lead-in and drain included, and what the first one agreed on."""

    version: str
    """'TLS 1.3'."""
    cipher: str
    """Its registered name."""
    alpn: str | None
    """The protocol that the server chose; None: it chose none."""
    full: int
    resumed: int
    """Those that went on with an earlier session."""
    otherwise: int
    """Those that agreed on something else than the first."""


ProtocolRefusal = Literal["http1", "other-protocol", "not-negotiated", "closed", "silent"]
Violation = Literal[
    "frame-size", "stream-id", "after-end", "flow-control", "empty-update", "compression",
    "head-too-large", "continuation", "padding", "settings", "push", "flood",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Http2Facts:
    """Of a whole load, lead-in and drain included."""

    allowed_streams: int | None = None
    """The fewest that the server allowed on a connection; None: it named no limit."""
    used_streams: int = 0
    """The most that were in flight on one connection."""
    retries: int = 0
    """Requests that were sent again, as the server had not processed them."""
    goaways: Mapping[int, int] = field(default_factory=dict)
    """Connections that the server ended in order, by its code."""
    resets: Mapping[int, int] = field(default_factory=dict)
    """Streams that it ended without a response, by its code."""
    violation: Violation | None = None
    """How it broke the protocol, for the first connection that was closed for it."""
    refusal: ProtocolRefusal | None = None
    """Why a connection did not become one of HTTP/2, for the first one."""
