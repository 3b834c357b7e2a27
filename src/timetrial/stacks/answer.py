"""What a server answered, and whether it is what was expected. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from timetrial.model import Expectation
from timetrial.model.body_template import matches
from timetrial.model.redaction import starred

SHOWN_BYTES = 80
_READ_BYTES = 1_000
"""What is read of a body to show its first bytes: a key among them may be longer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response; of a message the answer to its upgrade, with the message that came; of a
    stream what was read of it.
    """

    status: int
    body: bytes
    closing: bool = False
    """Whether the server closes the connection after this response."""
    headers: tuple[tuple[str, str], ...] = ()
    """Names and values as they were received."""
    fault: str = ""
    """Why it is not the stream that was asked for, as a predicate; '' where it is, or none was."""
    spread_s: float = 0.0
    """Of a stream: the time from the first event to the last one that was read."""


def mistake(answer: Answer, expect: Expectation | None) -> str | None:
    """Return how a response violates the expectation; None if it does not."""
    if expect is None:
        return None
    if answer.status != expect.status:
        return f"answered status {answer.status} instead of {expect.status}"
    return answer.fault or _mistake_of_body(answer, expect)


def _mistake_of_body(answer: Answer, expect: Expectation) -> str | None:
    if expect.body is not None and answer.body != expect.body.encode():
        return f"answered with another body ({_shown(answer.body)})"
    if expect.body_bytes is not None and len(answer.body) != expect.body_bytes:
        return f"answered with {len(answer.body)} bytes of body instead of {expect.body_bytes}"
    if expect.body_template is not None and not matches(expect.body_template, answer.body):
        return f"answered with a body of another shape ({_shown(answer.body)})"
    return None


def differs_in_body(answer: Answer, expect: Expectation | None) -> bool:
    """Whether the body alone violates the expectation."""
    has_status = expect is not None and answer.status == expect.status
    return has_status and mistake(answer, expect) is not None


def _shown(body: bytes) -> str:
    # One byte is one character of Latin-1: what is cut off stays at its place.
    safe = starred(body[:_READ_BYTES].decode("latin-1")).encode("latin-1")
    shown = safe[:SHOWN_BYTES].decode(errors="backslashreplace")
    extent = "all" if len(body) <= SHOWN_BYTES else "first"
    return f"{extent} {min(len(body), SHOWN_BYTES)} bytes: {shown!r}"
