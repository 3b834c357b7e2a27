"""Bodies that change: a text in which some spans stand for anything."""

from __future__ import annotations

import re

ANYTHING = "{*}"
TOKEN = "{token}"  # noqa: S105 - no secret: the number that a request has for itself


def matches(template: str, body: bytes, token: str | None = None) -> bool:
    """Whether a body is like a template: `{*}` is any bytes or none, `{token}` is `token`.

    Without a token, `{token}` stands for itself.
    """
    if token is not None:
        template = template.replace(TOKEN, token)
    literal = (re.escape(part.encode()) for part in template.split(ANYTHING))
    return re.fullmatch(b".*".join(literal), body, re.DOTALL) is not None
