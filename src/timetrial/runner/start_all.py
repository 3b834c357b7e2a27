"""Starts all stacks of a suite at once, before anything is measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from dataclasses import dataclass

from timetrial.model import Observer, Stack, StackFailed, StackReady, seconds
from timetrial.runner.starter import LiveStack, Starter
from timetrial.stacks.sampler import cpu_s_so_far

BEFORE_ALL_ROUNDS = 0
AT_ONCE = 4
"""Stacks that start at the same time; more would wait for each other's CPU."""


@dataclass(frozen=True, slots=True)
class StartTimes:
    """How long starts take, in s."""

    alone_s: float = 0.0
    """One start of which no other takes CPU time, on average."""
    all_s: float = 0.0
    """All of them, several at a time."""


@dataclass(frozen=True, slots=True)
class StartedStacks:
    """The running stacks, and the failures of the others, by name in the order of the suite."""

    running: Mapping[str, LiveStack]
    failed: Mapping[str, StackFailed]
    times: StartTimes = StartTimes()


def first_from(running: Mapping[str, LiveStack], start: Starter) -> Starter:
    """Hand out each stack that is up the first time, and start it afresh from then on."""
    left = dict(running)

    def start_or_take(stack: Stack, round_: int) -> LiveStack:
        up = left.pop(stack.name, None)
        return up if up is not None and up.is_alive() else start(stack, round_)

    return start_or_take


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
    return StartedStacks(running, failed, _times(list(running.values())))


def _times(running: Sequence[LiveStack]) -> StartTimes:
    """Estimate the time of starts that follow each other from those that overlapped.

    Where they kept their CPUs busy, they waited for each other, and CPU time is what one takes
    alone; where they did not, they would have taken as long alone.
    """
    if not running:
        return StartTimes()
    began_ns = min(stack.started_ns for stack in running)
    all_s = seconds(max(stack.ready_ns for stack in running) - began_ns)
    each_s = sum(seconds(stack.ready_ns - stack.started_ns) for stack in running)
    cpu_s = sum(cpu_s_so_far(stack.processes()) for stack in running)
    cpus = len(running[0].launch.cpus)
    waited_s = max(0.0, each_s - cpu_s) * min(1.0, cpu_s / (cpus * all_s)) if all_s else 0.0
    return StartTimes((each_s - waited_s) / len(running), all_s)


def _stop(starts: Mapping[str, Future[LiveStack]]) -> None:
    done = [start for start in starts.values() if start.done() and not start.cancelled()]
    running = [start.result() for start in done if start.exception() is None]
    if running:
        with ThreadPoolExecutor(len(running)) as pool:
            list(pool.map(lambda stack: stack.stop(), running))
