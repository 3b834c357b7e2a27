"""What HTTP/2 has beside requests and their responses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

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
