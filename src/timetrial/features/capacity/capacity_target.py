"""The server whose capacity is measured: it can be loaded, and perhaps started afresh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from timetrial.drivers.driver import Target
from timetrial.model import Benchmark, Memory, Stack, StackFailed
from timetrial.runner.driver_inputs import target
from timetrial.runner.starter import BenchmarkCheck, LiveStack, Starter, check_benchmark, or_ending
from timetrial.runner.warm_up import WarmUpMeans, warm_up
from timetrial.stacks.process import ProcessEnd
from timetrial.stacks.sampler import CpuMeter, difference, memory

CpuSpan = Callable[[], float | None]
"""Ends a span, and returns the CPU seconds of the server in it; None where they are unknown."""


class CapacityTarget(Protocol):
    """A server under load."""

    @property
    def startable(self) -> bool:
        """Whether `begin` makes a new start."""
        ...

    @property
    def command(self) -> tuple[str, ...]:
        """What it was started with; empty if it was not started here."""
        ...

    def begin(self, block: int) -> Target:
        """Prepare for a block of trials, by a fresh start if that is possible.

        Raises StackFailed.
        """
        ...

    def is_alive(self) -> bool: ...

    def log_tail(self) -> str: ...

    def ending(self) -> ProcessEnd | None:
        """Return how the server ended; None while it runs, and where that is unknown."""
        ...

    def span(self) -> CpuSpan:
        """Begin a span of CPU time; the server is idle now, and will be when the span ends."""
        ...

    def memory(self) -> Memory | None: ...

    def stop(self) -> None:
        """Leave nothing that `begin` started; a second stop does nothing."""
        ...


@dataclass(frozen=True, slots=True)
class UrlTarget:
    """A server that Timetrial did not start: only its responses are known."""

    target: Target

    @property
    def startable(self) -> bool:
        return False

    @property
    def command(self) -> tuple[str, ...]:
        return ()

    def begin(self, block: int) -> Target:  # noqa: ARG002 - the protocol's
        return self.target

    def is_alive(self) -> bool:
        return True

    def log_tail(self) -> str:
        return ""

    def ending(self) -> ProcessEnd | None:
        return None

    def span(self) -> CpuSpan:
        return lambda: None

    def memory(self) -> Memory | None:
        return None

    def stop(self) -> None:
        """There is nothing to stop."""


def _no_services() -> None:
    pass


class StackTarget:
    """A stack of the catalog, or of a user's own app: started afresh for each block."""

    def __init__(  # noqa: PLR0913 - what is started, its requests, its warm-up and checks
        self,
        start: Starter,
        stack: Stack,
        benchmark: Benchmark,
        *,
        warm_up_means: WarmUpMeans,
        check: BenchmarkCheck = check_benchmark,
        require_services: Callable[[], None] = _no_services,
    ) -> None:
        """`require_services` raises ServiceFailed if a service of the app has ended."""
        self._start = start
        self._stack = stack
        self._benchmark = benchmark
        self._warm_up_means = warm_up_means
        self._check = check
        self._require_services = require_services
        self._running: LiveStack | None = None
        self._meter: CpuMeter | None = None
        self.command: tuple[str, ...] = ()

    @property
    def startable(self) -> bool:
        return True

    def begin(self, block: int) -> Target:
        """Stop what runs, start afresh, check and warm up."""
        self.stop()
        running = self._running = self._start(self._stack, block)
        self.command = running.launch.command
        self._check(running, self._stack, self._benchmark)
        driver_target = target(running, self._stack, self._benchmark)
        self._meter = CpuMeter(running)
        try:
            warm_up([(self._benchmark, driver_target)], self._warm_up_means, self._meter)
        except StackFailed as failed:
            raise or_ending(running, failed, "in the warm-up") from failed
        return driver_target

    def is_alive(self) -> bool:
        self._require_services()
        return self._running is not None and self._running.is_alive()

    def log_tail(self) -> str:
        return "" if self._running is None else self._running.log_tail()

    def ending(self) -> ProcessEnd | None:
        return None if self._running is None else self._running.ending()

    def span(self) -> CpuSpan:
        meter = self._meter
        if meter is None:
            return lambda: None
        meter.refresh()
        before = meter.read()

        def end() -> float | None:
            # Once more, so that new processes are included.
            meter.refresh()
            return difference(before, meter.read())

        return end

    def memory(self) -> Memory | None:
        if self._running is None or not self._running.is_alive():
            return None
        try:
            return memory(stamp.pid for stamp in self._running.processes())
        except StackFailed:
            return None

    def stop(self) -> None:
        running, self._running, self._meter = self._running, None, None
        if running is not None:
            running.stop()
