"""Why a load had no correct response at all. Pure."""

from __future__ import annotations

from timetrial.analysis.checks.errors import by_kind
from timetrial.drivers.driver import LoadResult
from timetrial.drivers.protocol_text import protocol_refusals
from timetrial.drivers.upgrade_text import refused_text
from timetrial.model import Phase, StackFailed


def without_response(phase: Phase, result: LoadResult, what: str) -> StackFailed:
    """Return the failure of a stack that gave no correct response in `what`."""
    counts = result.overall
    kinds = by_kind([counts], statuses=result.statuses)
    if result.websocket is not None and result.websocket.refusal is not None:
        kinds.append(refused_text(result.websocket.refusal))
    kinds += protocol_refusals(result)
    came = f": {', '.join(kinds)}" if kinds else ""
    differs = bool(counts.wrong_body) and counts.wrong_body == counts.failed
    reason = f"gave no correct response in {what}{came}"
    return StackFailed(phase, reason, body_differs=differs)
