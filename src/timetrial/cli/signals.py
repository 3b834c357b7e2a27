"""Signals that end a verb early, as Ctrl-C does."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""From Ctrl-C, from a supervisor or `timeout`, and from a terminal that is closed."""


@contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """Handle SIGTERM and SIGHUP as Ctrl-C: stop all servers, keep and show what was measured.

    Only the first of them all counts: what ends then is not to be cut short by another one, up to
    the end of the verb (`handled_as_before`). One that is ignored, as SIGHUP by `nohup`, stays so.
    """
    before = {
        number: handler
        for number in _ENDING
        if (handler := signal.getsignal(number)) not in {signal.SIG_IGN, _pass_over}
    }

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        for number in before:
            signal.signal(number, _pass_over)
        raise KeyboardInterrupt

    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is interrupt:
                signal.signal(number, handler)


@contextmanager
def handled_as_before() -> Iterator[None]:
    """Handle all signals afterwards as before, whether one has ended a verb or not."""
    before = {number: signal.getsignal(number) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is _pass_over:
                signal.signal(number, handler)


def _pass_over(_signal: int, _frame: FrameType | None) -> None:
    """Handle a signal where nothing is to happen; unlike SIG_IGN, no child inherits it."""
