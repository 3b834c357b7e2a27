"""Why a server was not tried, as the predicate of a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from timetrial.model import When, listed
from timetrial.reports.table_view import FailureGroup

_LACKS: Mapping[When, str] = {
    "websocket": "has no WebSockets",
    "streaming": "does not stream",
    "http2": "has no HTTP/2",
    "h2c": "has no HTTP/2 without TLS",
    "tls": "has no TLS",
}


def not_tried(group: FailureGroup) -> str:
    """Say it of failures that a manifest declares; the reason, a clause, follows."""
    where = f" in {listed(group.benchmarks)}" if group.benchmarks else ""
    broken = "is known to be broken"
    what = broken if group.declared_when is None else _LACKS.get(group.declared_when, broken)
    return f"{what}{where} and was not tried"
