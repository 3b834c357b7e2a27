"""Texts in Markdown (GitHub's), escaped: what a server printed never becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_MARKUP = re.compile(r"[\\`*<>|~$&#]|\](?=[(\[:])|(?<![^\W_])_|_(?![^\W_])|:(?=//)")
"""Brackets alone are none, as a link takes what follows the second one; nor is an underscore
between letters."""
_AT_BEGIN = re.compile(r"^(?:[-+=:]|\d+(?=[.)](?:\s|$)))")
_FENCE = re.compile(r"`{3,}")
_CODE = re.compile(r"`([^`]+)`")


def escaped(text: str) -> str:
    """Escape a text, in one line, for a paragraph or a cell of a table."""
    line = _MARKUP.sub(lambda match: f"\\{match[0]}", " ".join(text.split()))
    return _AT_BEGIN.sub(_begun, line)


def with_code(text: str) -> str:
    """Escape a text, with what is between backticks as code."""
    parts = _CODE.split(text)
    written = [f"`{part}`" if place % 2 else _inline(part) for place, part in enumerate(parts)]
    return "".join(written)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    """Set cells that are Markdown already; so many columns from the left are text, not figures."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * left}{'--:|' * (len(heads) - left)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def fenced(text: str) -> Iterator[str]:
    """Set lines as they are, by a fence that none of them can close."""
    longest = max((len(run) for run in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    yield from (fence, *text.splitlines(), fence, "")


def _begun(match: re.Match[str]) -> str:
    mark = match[0]
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"


def _inline(text: str) -> str:
    """Escape a part of a line, whose spaces at both ends matter."""
    if not text.strip():
        return text
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{lead and ' '}{escaped(text)}{tail and ' '}"
