"""Responses that were wrong, late or missing: a server that sheds load looks fast."""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import ERRORS
from timetrial.model.finding import Finding

NAME = ERRORS.name

_KINDS = {
    "wrong_status": "wrong status",
    "wrong_body": "wrong body",
    "wrong_order": "wrong order",
    "connect_failed": "connection refused or failed",
    "reset": "connection reset",
    "closed_early": "connection closed early",
    "malformed": "malformed response",
    "timeout": "timeout",
    "censored": "no answer by the end",
}


def find(context: CellContext) -> Finding | None:
    counts = [window.counts for window in context.windows()]
    arrivals = sum(count.arrivals for count in counts)
    failed = sum(count.failed for count in counts)
    severity = ERRORS.judge(failed / arrivals) if arrivals else None
    if severity is None:
        return None
    kinds = {kind: sum(getattr(count, kind) or 0 for count in counts) for kind in _KINDS}
    parts = [f"{_KINDS[kind]} {number:,}" for kind, number in kinds.items() if number]
    if rest := failed - sum(kinds.values()):
        parts.append(f"not told apart {rest:,}")
    listed = ", ".join(parts)
    share = f"{100 * failed / arrivals:.2g} %"
    return context.finding(
        NAME, severity, f"{failed:,} of {arrivals:,} requests failed ({share}): {listed}."
    )
