"""From what stacks agree on to the check of every response. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.model import ANYTHING, TOKEN, Expectation, size
from timetrial.project.requests.body_pattern import LARGEST_BYTES, BodyPattern
from timetrial.project.requests.consensus import Consensus

LITERAL_BYTES = 64 * 1024
"""The largest body that is compared byte by byte; of a larger one, the length is checked."""
WORKLOAD_BYTES = 1024 * 1024
"""The total of all bodies that a workload compares byte by byte."""

CHANGES = "parts of the body change from answer to answer; the rest is checked"
DIFFERS = "parts of the body differ between servers; the rest is checked"
TOO_LITTLE = "too little of the body is always the same; only the status is checked"
PROCESSES = "the body differs from process to process of one server; the rest is checked"
PROCESSES_AND_TOO_LITTLE = (
    "the body differs from process to process of one server, and too little of it is the same; "
    "only the status is checked"
)
STREAM = "a stream; its events are counted while measuring, and what is in them is not compared"
CHANGES_AND_NO_TEXT = "a body that changes, and is no text; only the status is checked"
NO_TEXT = "a body that is no text; only its length is checked"

CheckKind = Literal["body", "template", "length", "status", "declared"]
"""What is checked of a response: its whole body, all but some spans, its length, the status alone,
or what the user declared."""


@dataclass(frozen=True, slots=True)
class ResponseCheck:
    """The expected response to one request, and how it is checked."""

    expect: Expectation
    how: CheckKind
    note: str = ""
    """Why not all of the body is checked; '' if all of it is, or the user declared the check."""


def checked(agreed: Consensus, steps: int) -> ResponseCheck:
    """Decide how responses are checked in a workload of `steps` requests."""
    declared, status = agreed.request.expect, agreed.sample.status
    if agreed.request.stream is not None:
        return ResponseCheck(Expectation(status), "status", STREAM)
    if declared is not None and declared != Expectation(declared.status):
        return ResponseCheck(declared, "declared")
    pattern, most = agreed.pattern, min(LITERAL_BYTES, WORKLOAD_BYTES // steps)
    too_large = max(map(len, agreed.sample.bodies)) > LARGEST_BYTES
    if pattern is None or (pattern.spans and too_large):
        why = PROCESSES_AND_TOO_LITTLE if agreed.by_process else TOO_LITTLE
        return ResponseCheck(Expectation(status), "status", why)
    if not pattern.spans:
        return _of_one_body(status, pattern.parts[0], most)
    text = _text(_shortened(pattern, most))
    if text is None:
        return ResponseCheck(Expectation(status), "status", CHANGES_AND_NO_TEXT)
    changes = agreed.sample.pattern is not None and agreed.sample.pattern.spans
    why = PROCESSES if agreed.by_process else CHANGES if changes else DIFFERS
    return ResponseCheck(Expectation(status, body_template=text), "template", why)


def _of_one_body(status: int, body: bytes, most: int) -> ResponseCheck:
    if len(body) > most:
        why = f"a body of more than {size(most)}; only its length is checked"
        return ResponseCheck(Expectation(status, body_bytes=len(body)), "length", why)
    text = _text(BodyPattern((body,)))
    if text is None:
        return ResponseCheck(Expectation(status, body_bytes=len(body)), "length", NO_TEXT)
    return ResponseCheck(Expectation(status, text, len(body)), "body")


def _shortened(pattern: BodyPattern, most: int) -> BodyPattern:
    """Leave out the middle of a body that is too large."""
    if pattern.fixed_bytes <= most:
        return pattern
    head, tail = pattern.parts[0][: most // 2], pattern.parts[-1][-most // 2 :]
    # A cut may split a character.
    return BodyPattern(tuple(part.decode(errors="ignore").encode() for part in (head, tail)))


def _text(pattern: BodyPattern) -> str | None:
    """Write a pattern as a template; None if it is not UTF-8."""
    try:
        parts = [part.decode() for part in pattern.parts]
    except UnicodeDecodeError:
        return None
    if not pattern.spans:
        return parts[0]
    # Text that looks like the placeholder of the request number would be taken for it.
    return ANYTHING.join(parts).replace(TOKEN, ANYTHING)
