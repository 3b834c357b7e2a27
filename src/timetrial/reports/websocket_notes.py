"""What WebSockets showed beside messages and their answers, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from timetrial.drivers.driver import RefusalKind, UpgradeRefusal, WebSocketFacts

_REFUSED: dict[RefusalKind, str] = {
    "closed": "The server closed the connection instead of making it a WebSocket.",
    "malformed": "The server did not answer the upgrade to a WebSocket in HTTP.",
    "other-key": "The server's answer to the upgrade is for another key (Sec-WebSocket-Accept).",
    "uninvited": (
        "The server answered the upgrade with an extension or a subprotocol that was not offered."
    ),
}
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


def websocket_notes(facts: WebSocketFacts) -> Iterator[str]:
    if facts.refusal is not None:
        yield refused_text(facts.refusal)
    if facts.closes:
        codes = (f"{count:,} × {_code(code)}" for code, count in sorted(facts.closes.items()))
        yield f"The server closed connections: {', '.join(codes)}."
    if facts.unasked:
        messages = "message" if facts.unasked == 1 else "messages"
        yield f"{facts.unasked:,} {messages} of the server answered none: not counted."


def refused_text(refusal: UpgradeRefusal) -> str:
    if refusal.kind == "status":
        return (
            f"The server answered the upgrade with {refusal.status}, not 101: is this the path of "
            "a WebSocket?"
        )
    return _REFUSED[refusal.kind]


def _code(code: int) -> str:
    return f"{code} ({_CODES[code]})" if code in _CODES else str(code)
