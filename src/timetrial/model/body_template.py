"""Bodies that change: a text in which some spans stand for anything."""

from __future__ import annotations

from collections.abc import Sequence

ANYTHING = "{*}"
TOKEN = "{token}"  # noqa: S105 - no secret: the number that a request has for itself


def matches(template: str, body: bytes, token: str | None = None) -> bool:
    """Whether a body is like a template: `{*}` is any bytes or none, `{token}` is `token`.

    Without a token, `{token}` stands for itself.
    """
    if token is not None:
        template = template.replace(TOKEN, token)
    return has_parts(body, [part.encode() for part in template.split(ANYTHING)])


def has_parts(body: bytes, parts: Sequence[bytes]) -> bool:
    """Whether a body begins with the first part, ends with the last, and has those between them.

    They come in their order and do not overlap; a single part is the whole body. Each is taken as
    early as it comes, which finds a way if there is one.
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
