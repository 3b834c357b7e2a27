"""Responses that were wrong, late or missing, or other than those of the other servers."""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import ANSWERS, ERRORS
from timetrial.model import Finding

_KINDS = {
    "wrong_status": "wrong status",
    "wrong_body": "wrong body",
    "wrong_order": "wrong order",
    "connect_failed": "connection refused or failed",
    "reset": "connection reset",
    "closed_early": "connection closed early",
    "malformed": "malformed response",
    "timeout": "timeout (after {timeout_s:g} s)",
    "censored": "no answer by the end",
}


def find(context: CellContext) -> Finding | None:
    """Doubt figures with failed requests: a server that sheds load looks fast."""
    counts = [window.counts for window in context.windows()]
    arrivals = sum(count.arrivals for count in counts)
    failed = sum(count.failed for count in counts)
    severity = ERRORS.judge(failed / arrivals) if arrivals else None
    if severity is None:
        return None
    kinds = {kind: sum(getattr(count, kind) or 0 for count in counts) for kind in _KINDS}
    timeout_s = context.benchmark.load.timeout_s
    named = {kind: name.format(timeout_s=timeout_s) for kind, name in _KINDS.items()}
    parts = [f"{named[kind]} {number:,}" for kind, number in kinds.items() if number]
    if rest := failed - sum(kinds.values()):
        parts.append(f"not told apart {rest:,}")
    listed = ", ".join(parts)
    share = f"{100 * failed / arrivals:.2g} %"
    return context.finding(
        ERRORS.name, severity, f"{failed:,} of {arrivals:,} requests failed ({share}): {listed}."
    )


def find_different_answers(context: CellContext) -> Finding | None:
    """Doubt a server whose answers differed before measuring: it may have done other work."""
    if not context.differs:
        return None
    evidence = f"it answers otherwise than the other servers: {context.differs}."
    return context.finding(ANSWERS.name, "doubtful", evidence)
