"""Bodies that vary: a text in which some spans match anything."""

from __future__ import annotations

from collections.abc import Sequence

ANYTHING = "{*}"
TOKEN = "{token}"  # noqa: S105 - no secret: the number that a request has for itself


def matches(template: str, body: bytes, token: str | None = None) -> bool:
    """Return whether a body matches a template: `{*}` is any bytes or none, `{token}` is `token`.

    Without a token, `{token}` matches itself.
    """
    if token is not None:
        template = template.replace(TOKEN, token)
    return has_parts(body, [part.encode() for part in template.split(ANYTHING)])


def has_parts(body: bytes, parts: Sequence[bytes]) -> bool:
    """Return whether a body begins with the first part, ends with the last, and has the others.

    The parts keep their order and do not overlap; a single part is the whole body. Each part is
    matched at its first occurrence, which finds a match if there is one.
    """
    if len(parts) == 1:
        return body == parts[0]
    first, *middle, last = parts
    if not body.startswith(first):
        return False
    at = len(first)
    for part in middle:
        begin = body.find(part, at)
        if begin < 0:
            return False
        at = begin + len(part)
    return len(body) - at >= len(last) and body.endswith(last)
