"""Starts all stacks of a suite at once, before anything is measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from dataclasses import dataclass

from timetrial.model import Observer, Stack, StackFailed, StackReady, seconds
from timetrial.runner.starter import LiveStack, Starter

BEFORE_ALL_ROUNDS = 0
AT_ONCE = 4
"""Stacks that start at the same time; more would wait for each other's CPU."""


@dataclass(frozen=True, slots=True)
class StartedStacks:
    """The running stacks, and the failures of the others, by name in the order of the suite."""

    running: Mapping[str, LiveStack]
    failed: Mapping[str, StackFailed]


@contextmanager
def started_stacks(
    stacks: Iterable[Stack], start: Starter, observer: Observer
) -> Iterator[StartedStacks]:
    """Start all stacks, the first alone, then `AT_ONCE` at a time, and stop them at the end.

    What an app makes once at its first start or first request, for all its processes, is there
    when the others start: none of them loses a race for it.
    """
    starts: dict[str, Future[LiveStack]] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for stack in stacks:
                starts[stack.name] = pool.submit(start, stack, BEFORE_ALL_ROUNDS)
                if len(starts) == 1:
                    wait(starts.values())
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
    """Divide stacks that run from those that failed; raise any error other than StackFailed."""
    running: dict[str, LiveStack] = {}
    failed: dict[str, StackFailed] = {}
    for name, future in starts.items():
        try:
            running[name] = future.result()
        except StackFailed as failure:
            failed[name] = failure
    return StartedStacks(running, failed)


def _stop(starts: Mapping[str, Future[LiveStack]]) -> None:
    done = [start for start in starts.values() if start.done() and not start.cancelled()]
    running = [start.result() for start in done if start.exception() is None]
    if running:
        with ThreadPoolExecutor(len(running)) as pool:
            list(pool.map(lambda stack: stack.stop(), running))
