"""All stacks of a suite up at once, before anything is measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from timetrial.errors import StackFailed
from timetrial.events import Observer, StackReady, StackStarting
from timetrial.runner.starter import LiveStack, Starter
from timetrial.suite import Suite
from timetrial.units import seconds

BEFORE_ALL_ROUNDS = 0


@dataclass(frozen=True, slots=True)
class Gathered:
    """Those that are up, and why the others are not; by name."""

    running: Mapping[str, LiveStack]
    failed: Mapping[str, StackFailed]


@contextmanager
def gathered(suite: Suite, start: Starter, observer: Observer) -> Iterator[Gathered]:
    """Start one stack after the other, and stop all of them in the end."""
    running: dict[str, LiveStack] = {}
    failed: dict[str, StackFailed] = {}
    try:
        for stack in suite.stacks:
            observer(StackStarting(BEFORE_ALL_ROUNDS, stack.name))
            try:
                one = running[stack.name] = start(stack, BEFORE_ALL_ROUNDS)
            except StackFailed as failure:
                failed[stack.name] = failure
                continue
            up_s = seconds(one.ready_ns - one.started_ns)
            observer(StackReady(BEFORE_ALL_ROUNDS, stack.name, up_s))
        yield Gathered(running, failed)
    finally:
        if running:
            with ThreadPoolExecutor(len(running)) as pool:
                list(pool.map(lambda one: one.stop(), running.values()))
