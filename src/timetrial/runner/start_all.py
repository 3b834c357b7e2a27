"""All stacks of a suite up at once, before anything is measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass

from timetrial.model.errors import StackFailed
from timetrial.model.events import Observer, StackReady
from timetrial.model.suite import Stack
from timetrial.model.units import seconds
from timetrial.runner.starter import LiveStack, Starter

BEFORE_ALL_ROUNDS = 0
AT_ONCE = 4
"""More would wait for each other's CPU."""


@dataclass(frozen=True, slots=True)
class StartedStacks:
    """Those that are up, and why the others are not; by name, in the order of the suite."""

    running: Mapping[str, LiveStack]
    failed: Mapping[str, StackFailed]


@contextmanager
def started_stacks(
    stacks: Iterable[Stack], start: Starter, observer: Observer
) -> Iterator[StartedStacks]:
    """Start all stacks, some of them at once, and stop them all in the end."""
    starts: dict[str, Future[LiveStack]] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for stack in stacks:
                starts[stack.name] = pool.submit(start, stack, BEFORE_ALL_ROUNDS)
            names = {future: name for name, future in starts.items()}
            for done in as_completed(names):
                if done.exception() is None:
                    up_s = seconds(done.result().ready_ns - done.result().started_ns)
                    observer(StackReady(BEFORE_ALL_ROUNDS, names[done], up_s))
            yield _sorted(starts)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            _stop(starts)


def _sorted(starts: Mapping[str, Future[LiveStack]]) -> StartedStacks:
    """Tell apart what runs and what failed; raise what is no failure of a stack's."""
    running: dict[str, LiveStack] = {}
    failed: dict[str, StackFailed] = {}
    for name, future in starts.items():
        try:
            running[name] = future.result()
        except StackFailed as failure:
            failed[name] = failure
    return StartedStacks(running, failed)


def _stop(starts: Mapping[str, Future[LiveStack]]) -> None:
    over = [each for each in starts.values() if each.done() and not each.cancelled()]
    running = [each.result() for each in over if each.exception() is None]
    if running:
        with ThreadPoolExecutor(len(running)) as pool:
            list(pool.map(lambda one: one.stop(), running))
