"""Addresses within a page and names of files: words that are made of names, each but once."""

from __future__ import annotations

import re

from timetrial.model import Cell

_NOT_IN_WORDS = re.compile(r"[^a-z0-9_.]+")


def slug(name: str) -> str:
    """Write a name as one word of a file's name or an address."""
    return _NOT_IN_WORDS.sub("-", name.lower()).strip("-.") or "benchmark"


def unique(word: str, taken: set[str]) -> str:
    """Number words that would be the same, and remember what is taken."""
    candidates = (word, *(f"{word}-{number}" for number in range(2, len(taken) + 3)))
    free_word = next(candidate for candidate in candidates if candidate not in taken)
    taken.add(free_word)
    return free_word


class Anchors:
    """The addresses of one page; the same names give the same ones in the same order."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._known: dict[str | Cell, str] = {}

    def of_benchmark(self, name: str) -> str:
        """Return 'benchmark:NAME'; no cell has a colon."""
        if name not in self._known:
            self._known[name] = unique(f"benchmark:{slug(name)}", self._taken)
        return self._known[name]

    def of_cell(self, cell: Cell) -> str:
        """Return 'BENCHMARK/STACK'."""
        if cell not in self._known:
            word = f"{slug(cell.benchmark)}/{slug(cell.stack)}"
            self._known[cell] = unique(word, self._taken)
        return self._known[cell]
