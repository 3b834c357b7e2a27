"""Streams that a stack holds while its requests are measured: a second load, at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from timetrial.drivers.driver import (
    Driver,
    LoadResult,
    LoadSpec,
    Progress,
    SessionConfig,
    Target,
)
from timetrial.machine.clock import Clock
from timetrial.model import Benchmark, HeldStreams, Stack, StreamsBeside
from timetrial.runner.driver_inputs import beside_target
from timetrial.runner.run_context import RunContext
from timetrial.runner.starter import LiveStack

_FIRST_EVENTS_S = 0.5
"""How long the first events may take, once all connections are open."""
_OPEN_WITHIN_S = 2.0
_AT_MOST_S = 3_600.0
"""A window is over long before: then its streams are left."""
_LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Holder:
    """What holds streams on one stack, and with what."""

    stack: Stack
    beside: HeldStreams
    target: Target
    setting: SessionConfig
    driver: Driver
    clock: Clock

    @contextmanager
    def holding(self) -> Iterator[_Holding]:
        """Hold streams in the block; it begins when the first events are due to have come."""
        holding = _Holding(self.beside.streams, self.clock)
        with ThreadPoolExecutor(1, thread_name_prefix="held-streams") as pool:
            held = pool.submit(self._hold, holding)
            try:
                holding.begun.wait()
                yield holding
            finally:
                holding.over.set()
                holding.result = held.result()

    def _hold(self, holding: _Holding) -> LoadResult | None:
        load = LoadSpec(target=0, window_s=_AT_MOST_S, drain_s=0.0, progress_every_s=_LOOK_EVERY_S)
        try:
            with self.driver.open([self.target], self.setting) as session:
                try:
                    return session.run_load(load, holding.look)
                except KeyboardInterrupt:
                    # As in the main thread: this ends a load, whose results are kept.
                    return next(iter(session.interrupted), None)
        finally:
            holding.begun.set()

    def unanswered(self, held: StreamsBeside) -> str:
        """Say, as a predicate, that no request was answered meanwhile, and why."""
        serving = self.stack.workers * self.stack.threads
        if self.stack.interface == "wsgi" and held.held == serving:
            kind = "thread" if self.stack.threads > 1 else "process"
            kinds = {"thread": "threads", "process": "processes"}
            who = f"its {serving} {kinds[kind]} hold" if serving > 1 else f"its one {kind} holds"
            streams = "1 stream" if held.held == 1 else f"{held.held:,} streams"
            return f"{who} {streams}: no request was answered"
        return f"answered no request while it held {held.held:,} of {held.wanted:,} streams"


@dataclass(slots=True)
class _Holding:
    """Streams that are held now."""

    wanted: int
    clock: Clock
    begun: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    result: LoadResult | None = None
    """When it is over."""
    _first_look_s: float | None = None
    _opened_s: float | None = None

    def look(self, progress: Progress) -> None:
        if self.over.is_set():
            raise KeyboardInterrupt
        now_s = self.clock.now_s()
        if self._first_look_s is None:
            self._first_look_s = now_s
        if self._opened_s is None and (progress.connections or 0) >= self.wanted:
            self._opened_s = now_s
        is_open = self._opened_s is not None and now_s - self._opened_s >= _FIRST_EVENTS_S
        if is_open or now_s - self._first_look_s >= _OPEN_WITHIN_S:
            self.begun.set()

    def held(self) -> StreamsBeside:
        """Return how many were held; to be asked when it is over."""
        facts = None if self.result is None else self.result.streams
        return StreamsBeside(self.wanted, 0 if facts is None else facts.most_held)


def holder_of(
    benchmark: Benchmark, stack: Stack, running: LiveStack, context: RunContext
) -> Holder | None:
    """Return what holds the streams of a benchmark; None where it has none."""
    if (beside := benchmark.beside) is None:
        return None
    setting = SessionConfig(
        connections=beside.streams,
        cpus=context.generator_cpus,
        timeout_s=benchmark.load.timeout_s,
    )
    target = beside_target(running, stack, beside)
    return Holder(stack, beside, target, setting, context.driver, context.clock)
