"""Lists and counts as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


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
