"""Before a race all stacks are started: the first alone, then several at a time."""

from __future__ import annotations

import threading

from answering import stacks
from timetrial.model import Stack, StackFailed
from timetrial.runner.start_all import started_stacks
from timetrial.runner.starter import LiveStack


def test_the_first_start_is_over_before_any_other_begins() -> None:
    first_is_over = threading.Event()
    began_during_the_first: list[str] = []
    other_began = threading.Event()

    def start(stack: Stack, _round: int) -> LiveStack:
        if stack.name == "one":
            other_began.wait(0.1)
            first_is_over.set()
        elif not first_is_over.is_set():
            began_during_the_first.append(stack.name)
            other_began.set()
        raise StackFailed("start", "not now")

    with started_stacks(stacks("one", "second", "third"), start, lambda _event: None) as started:
        assert list(started.failed) == ["one", "second", "third"]
    assert not began_during_the_first
