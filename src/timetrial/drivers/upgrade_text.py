"""Why a connection did not become a WebSocket, in words."""

from __future__ import annotations

from timetrial.drivers.driver import RefusalKind, UpgradeRefusal

_REFUSED: dict[RefusalKind, str] = {
    "closed": "the server closed the connection instead of making it a WebSocket",
    "malformed": "the server did not answer the upgrade to a WebSocket in HTTP",
    "other-key": "the server's answer to the upgrade is for another key (Sec-WebSocket-Accept)",
    "uninvited": (
        "the server answered the upgrade with an extension or a subprotocol that was not offered"
    ),
}


def refused_text(refusal: UpgradeRefusal) -> str:
    """Say it as a clause."""
    if refusal.kind == "status":
        return f"the server answered the upgrade with {refusal.status}, not 101"
    return _REFUSED[refusal.kind]
