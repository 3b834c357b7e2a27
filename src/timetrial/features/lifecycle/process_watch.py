"""Watches the processes of a stack while requests come: which end, and which are new."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from timetrial.model import Memory, ProcessStamp, seconds
from timetrial.stacks import sampler
from timetrial.stacks.process import RunningStack
from timetrial.stacks.request_log import Served, read_request_log

IDLE_WITHIN_S = 5.0
IDLE_SPAN_S = 0.25
IDLE_CPU_S = 0.005
"""CPU time of the whole tree in such a span: idle servers do a little work now and then."""


class Watch:
    """One running stack: when its main process ended, and when its workers were replaced."""

    def __init__(self, running: RunningStack, journal: Path | None) -> None:
        self._running = running
        self._journal = journal
        self._signalled_ns = 0
        self._before = self._pids()
        self._old_workers: frozenset[int] = frozenset()
        self._ended_ns: int | None = None
        self._replaced_ns: int | None = None
        self._came_ns: int | None = None

    def send(self, number: signal.Signals, pid: int | None = None) -> None:
        """Send a signal to `pid`, or to the main process, and count the time from now on."""
        self._before = self._pids()
        self._old_workers = frozenset(self.workers())
        self._signalled_ns = time.monotonic_ns()
        target = self._running.pid if pid is None else pid
        if self._running.is_alive():
            with suppress(ProcessLookupError):
                os.kill(target, number)

    def look(self) -> None:
        """Note what has changed since the signal, until the main process has ended."""
        if self._ended_ns is not None:
            return
        now_ns = time.monotonic_ns()
        if not self._running.is_alive():
            self._ended_ns = now_ns
            return
        living = self._pids()
        if self._replaced_ns is None and self._old_workers and not self._old_workers & living:
            self._replaced_ns = now_ns
        if self._journal is None and self._came_ns is None and self._is_whole_again(living):
            self._came_ns = now_ns

    @property
    def ended(self) -> bool:
        return self._ended_ns is not None

    @property
    def ended_s(self) -> float | None:
        """Seconds from the signal to the end of the main process."""
        return self._since_signal(self._ended_ns)

    @property
    def replaced_s(self) -> float | None:
        """Seconds from the signal until the last former worker ended."""
        return self._since_signal(self._replaced_ns)

    def back_s(self) -> float | None:
        """Return the seconds until a new process had served a request.

        Where requests are not counted, until the new process existed.
        """
        if self._journal is None:
            return self._since_signal(self._came_ns)
        requests = read_request_log(self._journal)
        new = [process.first_ns for process in requests if process.pid not in self._before]
        return self._since_signal(min(new, default=None))

    def served(self) -> tuple[Served, ...]:
        """List requests by process, the most first; empty where requests are not counted."""
        if self._journal is None:
            return ()
        return tuple(sorted(read_request_log(self._journal), key=lambda process: -process.requests))

    def workers(self) -> tuple[int, ...]:
        """List the living processes that serve, the busiest first.

        Where requests are not counted: all but the main one, or else that one.
        """
        living = [stamp.pid for stamp in self._running.processes()]  # in order
        if self._journal is not None:
            return tuple(process.pid for process in self.served() if process.pid in living)
        return tuple(pid for pid in living if pid != self._running.pid) or (self._running.pid,)

    def replaced(self) -> int:
        return len(self._old_workers - self._pids())

    def came(self) -> int:
        """Count the processes that serve and are new since the signal."""
        return sum(pid not in self._before for pid in self.workers())

    @property
    def workers_before(self) -> int:
        return len(self._old_workers)

    def _is_whole_again(self, living: frozenset[int]) -> bool:
        return len(living) >= len(self._before) and not self._before >= living

    def _pids(self) -> frozenset[int]:
        return frozenset(stamp.pid for stamp in self._running.processes())

    def _since_signal(self, at_ns: int | None) -> float | None:
        return None if at_ns is None else round(seconds(at_ns - self._signalled_ns), 4)


def await_idle(running: RunningStack) -> None:
    """Wait until a stack uses no CPU, at most `IDLE_WITHIN_S`: some never rest."""
    deadline_s = time.monotonic() + IDLE_WITHIN_S
    while time.monotonic() < deadline_s:
        meter = sampler.CpuMeter(running)
        before = meter.read()
        time.sleep(IDLE_SPAN_S)
        meter.refresh()
        used_s = sampler.difference(before, meter.read())
        if used_s is not None and used_s <= IDLE_CPU_S:
            return


def memory_of(running: RunningStack) -> Memory | None:
    """Return the memory of the whole tree; None where it cannot be read."""
    size = sampler.memory(stamp.pid for stamp in running.processes())
    return size if size.total_bytes else None


def cpu_s_by_process(
    before: sampler.CpuReading, after: sampler.CpuReading
) -> dict[ProcessStamp, float]:
    """Return the CPU seconds that each process used between two readings that both have it."""
    began = dict(before.clocks)
    used: dict[ProcessStamp, float] = {}
    for stamp, clock_ns in after.clocks:
        began_ns = began.get(stamp)
        if clock_ns is not None and began_ns is not None:
            used[stamp] = seconds(clock_ns - began_ns)
    return used
