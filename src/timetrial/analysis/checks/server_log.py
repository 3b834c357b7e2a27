"""A server that logs each request, and so does more work than the others."""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import LOG
from timetrial.model import Finding

BYTES_FROM = 10_000
"""Fewer bytes are a few warnings, not a line for each request."""


def find(context: CellContext) -> Finding | None:
    known = [m for m in context.measurements if m.log_bytes is not None]
    written = sum(measurement.log_bytes or 0 for measurement in known)
    responses = sum(w.completions_overall for m in known for w in m.windows)
    severity = LOG.judge(written / responses) if responses else None
    if severity is None or written < BYTES_FROM:
        return None
    return context.finding(
        LOG.name,
        severity,
        f"the server wrote {written:,} bytes to its log for {responses:,} responses, "
        f"{written / responses:.0f} for each: an access log, or a warning for each of them, is on.",
    )
