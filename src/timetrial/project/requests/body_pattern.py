"""What bodies have in common: fixed texts, and spans that differ. Pure.

Bodies are compared word by word. A word is a run of letters, digits and the punctuation of numbers,
times, URLs and base64, so that a random token is one span even if some of its letters are equal.
Spans with only blanks and punctuation between them are one span. Words are aligned by
difflib.SequenceMatcher (Ratcliff and Obershelp).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import reduce

from timetrial.model.body_template import has_parts
from timetrial.model.redaction import starred

MOST_SPANS = 64
"""Bodies that differ in more places have too little in common to define a correct one."""
LEAST_SHARE = 0.25
"""The least share of a body that has to be common."""
CONTEXT_BYTES = 40
LARGEST_BYTES = 1024 * 1024
"""The largest body that is compared word by word; the load engine has the same limit."""
_AROUND_BYTES = 200
"""What is read around an excerpt: a key that it cuts may be longer."""
_MOST_PAIRS = 4_000_000
"""Pairs of words that are compared at most: it bounds the time of a comparison."""

_WORD = re.compile(rb"[\w.:%+/=~\x80-\xff-]+|\s+|.", re.DOTALL)
_HAS_WORD = re.compile(rb"[\w\x80-\xff]")

_Words = list[bytes | None]
"""None stands for a span that may differ."""


@dataclass(frozen=True, slots=True)
class BodyPattern:
    """A body, or what several bodies have in common."""

    parts: tuple[bytes, ...]
    """Fixed texts with a differing span between each two; a single one is a whole body."""

    @property
    def spans(self) -> int:
        """Number of spans that may differ."""
        return len(self.parts) - 1

    @property
    def fixed_bytes(self) -> int:
        return sum(map(len, self.parts))

    def fits(self, body: bytes) -> bool:
        return has_parts(body, self.parts)


def pattern_of(body: bytes, changing: Iterable[re.Pattern[bytes]] = ()) -> BodyPattern:
    """Return a body as a pattern whose spans are the matches of `changing`."""
    spans = sorted(
        match.span() for pattern in changing for match in pattern.finditer(body) if match[0]
    )
    parts, at = [], 0
    for begin, end in spans:
        if begin >= at:
            parts.append(body[at:begin])
        at = max(at, end)
    return BodyPattern((*parts, body[at:]))


def in_common(first: BodyPattern, other: BodyPattern) -> BodyPattern | None:
    """Return what two patterns have in common; None if that is too little."""
    if first == other:
        return first
    larger = max(first.fixed_bytes, other.fixed_bytes)
    if larger > LARGEST_BYTES:
        return None
    words = _joined(_aligned(_words(first), _words(other)))
    pattern = _pattern(words)
    if pattern.spans > MOST_SPANS or pattern.fixed_bytes < LEAST_SHARE * larger:
        return None
    return pattern


def common_pattern(patterns: Iterable[BodyPattern | None]) -> BodyPattern | None:
    """Return what one or more patterns have in common; None if that is too little."""
    return reduce(lambda a, b: a and b and in_common(a, b), patterns)


def first_difference(expected: BodyPattern, body: bytes) -> str:
    """Describe the first difference of a body that does not fit: offset in bytes, and excerpts."""
    part, within, at = _place(expected.parts, body)
    goes_on = part is not expected.parts[-1]
    excerpt = _excerpt(part, within, goes_on=goes_on)
    return f"at byte {at:,} of the body {_excerpt(body, at)} instead of {excerpt}"


def _words(pattern: BodyPattern) -> _Words:
    words: _Words = []
    for number, part in enumerate(pattern.parts):
        words += [None] * bool(number)
        words += _WORD.findall(part)
    return words


def _aligned(first: _Words, other: _Words) -> Iterator[bytes | None]:
    """Yield common words, and None for each span in which the two differ."""
    head = _same(first, other)
    tail = _same(first[head:][::-1], other[head:][::-1])
    yield from first[:head]
    yield from _aligned_middles(first[head : len(first) - tail], other[head : len(other) - tail])
    yield from first[len(first) - tail :]


def _aligned_middles(first: _Words, other: _Words) -> Iterator[bytes | None]:
    if len(first) == len(other):
        paired = [a if a == b else None for a, b in zip(first, other, strict=True)]
        if paired.count(None) <= MOST_SPANS:
            yield from paired
            return
    if len(first) * len(other) > _MOST_PAIRS:
        yield None
        return
    matcher = SequenceMatcher(None, first, other, autojunk=False)
    for kind, begin, end, _, _ in matcher.get_opcodes():
        if kind == "equal":
            yield from first[begin:end]
        else:
            yield None


def _same(first: Sequence[object], other: Sequence[object]) -> int:
    """Count the equal words, or bytes, that both begin with."""
    pairs = zip(first, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _joined(words: Iterable[bytes | None]) -> _Words:
    """Merge spans that have no word between them."""
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


def _pattern(words: _Words) -> BodyPattern:
    parts = [b""]
    for word in words:
        if word is None:
            parts.append(b"")
        else:
            parts[-1] += word
    return BodyPattern(tuple(parts))


def _place(parts: Sequence[bytes], body: bytes) -> tuple[bytes, int, int]:
    """Return the first part that is missing, how much of it is found, and where that ends."""
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
    """Return how many bytes of a part are in the body from `at`, and where they end."""
    if not anywhere:
        same = _same(part, body)
        return same, same
    low, high = 0, len(part)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if body.find(part[:middle], at) >= 0 else (low, middle - 1)
    return low, body.find(part[:low], at) + low


def _excerpt(text: bytes, at: int, *, goes_on: bool = False) -> str:
    begin, end = max(0, at - CONTEXT_BYTES // 2), at + CONTEXT_BYTES // 2
    near = text[max(0, begin - _AROUND_BYTES) : end + _AROUND_BYTES].decode("latin-1")
    first = min(begin, _AROUND_BYTES)
    safe = starred(near).encode("latin-1")[first : first + end - begin]
    shown = safe.decode(errors="backslashreplace")
    before = "…" if begin else ""
    behind = "…" if end < len(text) or goes_on else ""
    return repr(f"{before}{shown}{behind}")
