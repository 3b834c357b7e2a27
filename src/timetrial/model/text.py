"""Lists and counts as people read them, and texts of others, which must not act on a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_ACTS = re.compile(
    # Controls but tabs and ends of lines, marks of direction, other ends of lines, half characters.
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
    "|\r(?!\n)"
)
_BREAKS = re.compile(r"[\t\r\n]")
_LAST_OF_A_BYTE = 0xFF


def visible(text: str) -> str:
    r"""Write characters that would act on a terminal as Python does: '\x1b[31m', '\u202e'.

    These are controls, marks of direction and surrogates; tabs and ends of lines stay.
    """
    return _ACTS.sub(_escaped, text)


def visible_json(text: str) -> str:
    r"""Write the characters that `visible` writes otherwise as JSON has them: '\u202e'."""
    return _ACTS.sub(lambda character: f"\\u{ord(character[0]):04x}", text)


def is_plain(name: str) -> bool:
    """Whether a name has nothing but what can be seen, on one line."""
    return not _ACTS.search(name) and not _BREAKS.search(name)


def _escaped(character: re.Match[str]) -> str:
    code = ord(character[0])
    return f"\\x{code:02x}" if code <= _LAST_OF_A_BYTE else f"\\u{code:04x}"


def listed(items: Sequence[str], one: str = "", many: str = "") -> str:
    """List things in prose: 'a', 'a and b', 'a, b and c'."""
    if len(items) < 2:  # noqa: PLR2004 - one needs no 'and'
        return one + "".join(items)
    return f"{many}{', '.join(items[:-1])} and {items[-1]}"


def comma_separated(items: Iterable[object]) -> str:
    """List numbers, or items outside of sentences: '0, 1, 2'."""
    return ", ".join(map(str, items))


def alternatives(items: Iterable[object]) -> str:
    """List alternatives: '1 or 2 or 3'."""
    return " or ".join(map(str, items))


def counted(number: float, noun: str, spec: str = "") -> str:
    """Write a count: '1 worker', '4 workers'; `spec` is a format specification."""
    return f"{number:{spec}} {noun}{'' if number == 1 else 's'}"
