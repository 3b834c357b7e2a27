"""What WebSockets showed beside messages and their answers, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from timetrial.drivers.driver import Deliveries, UpgradeRefusal, WebSocketFacts
from timetrial.drivers.upgrade_text import refused_text
from timetrial.model import counted

_CODES = {
    1000: "normal",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1005: "no code",
    1007: "invalid text",
    1008: "policy",
    1009: "too big",
    1011: "server error",
    1012: "restart",
    1013: "try again later",
}
"""As RFC 6455, section 7.4.1, and its registry name them."""


def websocket_notes(facts: WebSocketFacts, connects: int = 0) -> Iterator[str]:
    """Say what was refused, closed or sent unasked; `connects` is the number of connections."""
    if facts.refusal is not None:
        yield _refused(facts.refusal)
    if facts.deflated is not None and facts.deflated < connects:
        yield (
            f"The server agreed to compress on {facts.deflated:,} of "
            f"{counted(connects, 'connection', ',')}: on others messages were sent as they are."
        )
    if facts.closes:
        codes = (f"{count:,} × {_code(code)}" for code, count in sorted(facts.closes.items()))
        yield f"The server closed connections: {', '.join(codes)}."
    if facts.unasked:
        messages = "message" if facts.unasked == 1 else "messages"
        yield f"{facts.unasked:,} {messages} of the server answered none: not counted."


def delivery_text(deliveries: Deliveries) -> str:
    """Say how many of the deliveries of a broadcast came."""
    return f"{deliveries.heard:,} of {deliveries.due:,} deliveries to others"


def _refused(refusal: UpgradeRefusal) -> str:
    said = refused_text(refusal)
    hint = ": is this the path of a WebSocket?" if refusal.kind == "status" else "."
    return f"{said[:1].upper()}{said[1:]}{hint}"


def _code(code: int) -> str:
    return f"{code} ({_CODES[code]})" if code in _CODES else str(code)
