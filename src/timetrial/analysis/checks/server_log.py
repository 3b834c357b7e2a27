"""A server that logs each request, and so does more work than the others."""

from __future__ import annotations

import re

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import LOG
from timetrial.model import Finding, Workload

BYTES_FROM = 10_000
"""Fewer bytes are a few warnings, not a line for each request."""
_WORD = re.compile(r"[A-Za-z]+")


def find(context: CellContext) -> Finding | None:
    known = [m for m in context.measurements if m.log_bytes is not None]
    written = sum(measurement.log_bytes or 0 for measurement in known)
    responses = sum(w.completions_overall for m in known for w in m.windows)
    severity = LOG.judge(written / responses) if responses else None
    if severity is None or written < BYTES_FROM:
        return None
    what = (
        f"the server wrote {written:,} bytes to its log for {responses:,} responses, "
        f"{written / responses:.0f} for each: "
    )
    line = next((m.log_line for m in known if m.log_line), "")
    if line and not _names_request(line, context.benchmark.workload):
        # Under load some servers warn of their own queue: that is part of how they work, and
        # worth a note only where requests have failed.
        if not any(window.counts.failed for m in known for window in m.windows):
            return None
        return context.finding(LOG.name, "note", f"{what}most lines are like {line!r}.")
    quoted = f", as {line!r}" if line else ""
    why = f"an access log, or a warning for each of them, is on{quoted}."
    return context.finding(LOG.name, severity, f"{what}{why}")


def _names_request(line: str, workload: Workload) -> bool:
    """Whether a line of a log is about one request: it has its method, or its path as a word."""
    methods = {step.method for step in workload.steps}
    paths = {path for step in workload.steps for path in step.paths.values() if path != "/"}
    words = set(_WORD.findall(line))
    return bool(methods & words) or any(path in line for path in paths)
