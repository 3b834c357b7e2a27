"""How far the race is, on standard error: rewritten on a terminal, a line a case elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Self

_CLEAR = "\r\033[K"


class Progress:
    def __init__(self, cases: int) -> None:
        self._cases = cases
        self._number = 0
        self._what = ""
        self._began_s = time.monotonic()
        self._rewrites = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def begin(self, what: str) -> None:
        self._number += 1
        self._what = what
        if not self._rewrites:
            sys.stderr.write(f"case {self._number} of {self._cases}: {what}\n")

    def step(self, turn: int, turns: int) -> None:
        """Show that a turn begins, counted from 0."""
        if not self._rewrites:
            return
        done = self._number - 1 + turn / turns
        left = ""
        if done:
            left_s = (time.monotonic() - self._began_s) * (self._cases - done) / done
            left = f", about {left_s / 60:.1f} min left"
        place = f"case {self._number} of {self._cases}, round {turn + 1} of {turns}"
        sys.stderr.write(f"{_CLEAR}{place}: {self._what}{left}")

    def write(self, line: str) -> None:
        """Print a line of the result above the progress."""
        self._clear()
        print(line, flush=True)

    def _clear(self) -> None:
        if self._rewrites:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
