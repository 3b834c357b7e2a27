"""What bodies have in common: texts that are always there, and spans that differ. Pure.

Bodies are compared word by word: a word is a run of letters, digits and what may stand in numbers,
times, URLs and base64. So a random token is one span, even where some of its letters happen to be
the same; and spans with nothing but blanks and punctuation between them are one span.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from timetrial.model.body_template import has_parts

MOST_SPANS = 64
"""Bodies that differ in more places have too little in common to say what a correct one is."""
LEAST_SHARE = 0.25
"""Of a body has to be what they have in common."""
CONTEXT_BYTES = 40
LARGEST_BYTES = 1024 * 1024
"""Of bodies that are compared word by word; the load engine compares no larger ones either."""
_MOST_PAIRS = 4_000_000
"""Of words that are compared with each other, which bounds the time that takes."""

_WORD = re.compile(rb"[\w.:%+/=~\x80-\xff-]+|\s+|.", re.DOTALL)
_HAS_WORD = re.compile(rb"[\w\x80-\xff]")

_Words = list[bytes | None]
"""None: a span that may be anything."""


@dataclass(frozen=True, slots=True)
class BodyPattern:
    """A body, or what several bodies have in common."""

    parts: tuple[bytes, ...]
    """Between each two of them stands anything; a single one is a whole body."""

    @property
    def spans(self) -> int:
        """How many spans may differ."""
        return len(self.parts) - 1

    @property
    def fixed_bytes(self) -> int:
        return sum(map(len, self.parts))

    def fits(self, body: bytes) -> bool:
        return has_parts(body, self.parts)


def pattern_of(body: bytes, changing: Iterable[re.Pattern[bytes]] = ()) -> BodyPattern:
    """Take a body as it is, but for what some patterns find in it."""
    spans = sorted(
        match.span() for pattern in changing for match in pattern.finditer(body) if match[0]
    )
    parts, at = [], 0
    for begin, end in spans:
        if begin >= at:
            parts.append(body[at:begin])
        at = max(at, end)
    return BodyPattern((*parts, body[at:]))


def in_common(one: BodyPattern, other: BodyPattern) -> BodyPattern | None:
    """Find what two shapes have in common; None if that is too little."""
    if one == other:
        return one
    larger = max(one.fixed_bytes, other.fixed_bytes)
    if larger > LARGEST_BYTES:
        return None
    words = _joined(_aligned(_words(one), _words(other)))
    shape = _shape(words)
    if shape.spans > MOST_SPANS or shape.fixed_bytes < LEAST_SHARE * larger:
        return None
    return shape


def first_difference(wanted: BodyPattern, body: bytes) -> str:
    """Show where a body that does not fit begins to differ, and what stands there instead."""
    part, within, at = _place(wanted.parts, body)
    goes_on = part is not wanted.parts[-1]
    expected = _excerpt(part, within, goes_on=goes_on)
    return f"at byte {at:,} of the body {_excerpt(body, at)} instead of {expected}"


def _words(shape: BodyPattern) -> _Words:
    words: _Words = []
    for number, part in enumerate(shape.parts):
        words += [None] * bool(number)
        words += _WORD.findall(part)
    return words


def _aligned(one: _Words, other: _Words) -> Iterator[bytes | None]:
    """Yield what both have, and None for each span in which they differ."""
    head = _same(one, other)
    tail = _same(one[head:][::-1], other[head:][::-1])
    middles = one[head : len(one) - tail], other[head : len(other) - tail]
    yield from one[:head]
    yield from _aligned_middles(*middles)
    yield from one[len(one) - tail :]


def _aligned_middles(one: _Words, other: _Words) -> Iterator[bytes | None]:
    if len(one) == len(other):
        paired = [a if a == b else None for a, b in zip(one, other, strict=True)]
        if paired.count(None) <= MOST_SPANS:
            yield from paired
            return
    if len(one) * len(other) > _MOST_PAIRS:
        yield None
        return
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    for kind, begin, end, _, _ in matcher.get_opcodes():
        if kind == "equal":
            yield from one[begin:end]
        else:
            yield None


def _same(one: Sequence[bytes | None], other: Sequence[bytes | None]) -> int:
    """Count with how many equal words both begin."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _joined(words: Iterable[bytes | None]) -> _Words:
    """Make one span of those that have no word between them."""
    kept: _Words = []
    since: list[bytes] = []
    for word in words:
        if word is not None:
            since.append(word)
            continue
        if kept and not _HAS_WORD.search(b"".join(since)):
            since = []
            continue
        kept += [*since, None]
        since = []
    return [*kept, *since]


def _shape(words: _Words) -> BodyPattern:
    parts = [b""]
    for word in words:
        if word is None:
            parts.append(b"")
        else:
            parts[-1] += word
    return BodyPattern(tuple(parts))


def _place(parts: Sequence[bytes], body: bytes) -> tuple[bytes, int, int]:
    """Return the first part that is not found, how much of it is there, and where that ends."""
    at = 0
    for number, part in enumerate(parts):
        if number == 0:
            begin = 0 if body.startswith(part) else -1
        elif number == len(parts) - 1:
            fits = len(body) - at >= len(part) and body.endswith(part)
            begin = len(body) - len(part) if fits else -1
        else:
            begin = body.find(part, at)
        if begin < 0 or (len(parts) == 1 and len(body) > len(part)):
            return (part, *_nearest(part, body, at, anywhere=number > 0))
        at = begin + len(part)
    return parts[-1], len(parts[-1]), at


def _nearest(part: bytes, body: bytes, at: int, *, anywhere: bool) -> tuple[int, int]:
    """Return how much of a part is in the body from `at`, and where in the body that ends."""
    if not anywhere:
        same = sum(
            1 for _ in itertools.takewhile(lambda p: p[0] == p[1], zip(part, body, strict=False))
        )
        return same, same
    low, high = 0, len(part)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if body.find(part[:middle], at) >= 0 else (low, middle - 1)
    return low, body.find(part[:low], at) + low


def _excerpt(text: bytes, at: int, *, goes_on: bool = False) -> str:
    begin, end = max(0, at - CONTEXT_BYTES // 2), at + CONTEXT_BYTES // 2
    shown = text[begin:end].decode(errors="backslashreplace")
    before = "…" if begin else ""
    behind = "…" if end < len(text) or goes_on else ""
    return repr(f"{before}{shown}{behind}")
