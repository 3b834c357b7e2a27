"""Signals that end a verb early, as Ctrl-C does."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGHUP)
"""From a supervisor or `timeout`, and from a terminal that is closed."""


@contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """Handle SIGTERM and SIGHUP as Ctrl-C: stop all servers, keep and show what was measured.

    A signal that is ignored, as SIGHUP by `nohup`, stays so.
    """

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {
        number: handler
        for number in _ENDING
        if (handler := signal.getsignal(number)) is not signal.SIG_IGN
    }
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
