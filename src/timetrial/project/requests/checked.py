"""From what stacks agree on to what every response is held against. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.model.body_template import ANYTHING, TOKEN
from timetrial.model.units import size
from timetrial.model.workload import Expectation
from timetrial.project.requests.body_pattern import LARGEST_BYTES, BodyPattern
from timetrial.project.requests.consensus import Consensus

LITERAL_BYTES = 64 * 1024
"""Of a body that is compared byte by byte; of a larger one, only the length is."""
WORKLOAD_BYTES = 1024 * 1024
"""Of all bodies that a workload compares byte by byte."""

CHANGES = "parts of the body change from answer to answer; the rest is checked"
DIFFERS = "parts of the body differ between servers; the rest is checked"
TOO_LITTLE = "too little of the body is always the same; only the status is checked"
CHANGES_AND_NO_TEXT = "a body that changes, and is no text; only the status is checked"
NO_TEXT = "a body that is no text; only its length is checked"

CheckKind = Literal["body", "template", "length", "status", "declared"]
"""What is checked of a response: all of its body, all but some spans, its length, nothing but the
status, or what the user has said."""


@dataclass(frozen=True, slots=True)
class ResponseCheck:
    """What a correct response to one request is, and how much of it that leaves unchecked."""

    expect: Expectation
    how: CheckKind
    note: str = ""
    """Which body this is, of which not all is checked; '' where it is, or the user said how."""


def checked(agreed: Consensus, steps: int) -> ResponseCheck:
    """Decide how responses are checked, in a workload of so many steps."""
    said, status = agreed.asked.expect, agreed.sample.status
    if said is not None and said != Expectation(said.status):
        return ResponseCheck(said, "declared")
    shape, most = agreed.shape, min(LITERAL_BYTES, WORKLOAD_BYTES // steps)
    if shape is None or (shape.spans and _is_too_large(agreed)):
        return ResponseCheck(Expectation(status), "status", TOO_LITTLE)
    if not shape.spans:
        return _of_one_body(status, shape.parts[0], most)
    text = _text(_shortened(shape, most))
    if text is None:
        return ResponseCheck(Expectation(status), "status", CHANGES_AND_NO_TEXT)
    changes = agreed.sample.shape is not None and agreed.sample.shape.spans
    return ResponseCheck(
        Expectation(status, body_template=text), "template", CHANGES if changes else DIFFERS
    )


def _is_too_large(agreed: Consensus) -> bool:
    return max(map(len, agreed.sample.bodies)) > LARGEST_BYTES


def _of_one_body(status: int, body: bytes, most: int) -> ResponseCheck:
    if len(body) > most:
        why = f"a body of more than {size(most)}; only its length is checked"
        return ResponseCheck(Expectation(status, body_bytes=len(body)), "length", why)
    text = _text(BodyPattern((body,)))
    if text is None:
        return ResponseCheck(Expectation(status, body_bytes=len(body)), "length", NO_TEXT)
    return ResponseCheck(Expectation(status, text, len(body)), "body")


def _shortened(shape: BodyPattern, most: int) -> BodyPattern:
    """Leave out what stands in the middle of a body that is too large."""
    if shape.fixed_bytes <= most:
        return shape
    head, tail = shape.parts[0][: most // 2], shape.parts[-1][-most // 2 :]
    # A cut may go through a character.
    return BodyPattern(tuple(part.decode(errors="ignore").encode() for part in (head, tail)))


def _text(shape: BodyPattern) -> str | None:
    """Write a shape as a template; None if it is no text."""
    try:
        parts = [part.decode() for part in shape.parts]
    except UnicodeDecodeError:
        return None
    if not shape.spans:
        return parts[0]
    # What only looks like the request's own number would be taken for it.
    return ANYTHING.join(parts).replace(TOKEN, ANYTHING)
