"""Why a server was not tried, as the predicate of a sentence."""

from __future__ import annotations

from timetrial.model import listed
from timetrial.reports.table_view import FailureGroup


def not_tried(group: FailureGroup) -> str:
    """Say it of failures that a manifest declares; the reason, a clause, follows."""
    where = f" in {listed(group.benchmarks)}" if group.benchmarks else ""
    what = "has no WebSockets" if group.lacks_websockets else "is known to be broken"
    return f"{what}{where} and was not tried"
