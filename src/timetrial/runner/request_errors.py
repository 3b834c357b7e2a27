"""Why a single request got no correct answer, as a clause about the server."""

from __future__ import annotations

from timetrial.drivers.driver import DriveResult, Target
from timetrial.model.text import comma_separated


def no_answer(result: DriveResult, target: Target, within_s: float) -> str | None:
    """Return a clause; None if there was a correct answer."""
    counts, request = result.overall, target.requests[0]
    asked = f"{request.method} {request.path}"
    expected = 200 if request.expect is None else request.expect.status
    statuses = comma_separated(result.statuses)
    clauses = (
        (counts.wrong_status, f"answers {asked} with status {statuses} instead of {expected}"),
        (counts.wrong_body, f"answers {asked} with another body than is expected"),
        (counts.wrong_order, f"answers {asked} with what belongs to another request"),
        (counts.malformed, f"answers {asked} with what is no HTTP/1.1"),
        (counts.connect_failed, f"accepts no connection at {target.address}"),
        (counts.reset, f"resets the connection instead of answering {asked}"),
        (counts.closed_early, f"closes the connection instead of answering {asked}"),
        (True, f"gives no answer to {asked} within {within_s:g} s"),
    )
    return None if counts.ok else next(clause for happened, clause in clauses if happened)
