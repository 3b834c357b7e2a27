"""Reads the counters of a running server, while no thread of it runs."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from timetrial.machine.rest import are_at_rest
from timetrial.model import StackFailed
from timetrial.stacks import process
from timetrial.stacks.counters.counter import Counter, Read, Reading

LOOK_AGAIN_S = 0.001
REST_WITHIN_S = 30.0


class Cancelled(Exception):  # noqa: N818 - nothing is wrong
    """Another start has failed, or the user has interrupted all."""


class Readings:
    """Reads the counters of a server that is at rest."""

    def __init__(
        self,
        running: process.RunningStack,
        counter: Counter,
        folder: Path,
        cancelled: threading.Event,
    ) -> None:
        self.requests_together = counter.requests_together
        self._running = running
        self._counter = counter
        self._folder = folder
        self._cancelled = cancelled
        self._read: Read | None = None

    def raise_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled

    def at_rest(self) -> Reading:
        pids = self.rest()
        if self._read is None:
            self._read = self._counter.attached(self._folder, pids)
        reading = self._read()
        if not reading:
            raise StackFailed(
                "measure", f"{self._counter.name} counts nothing of it", self._running.log_tail()
            )
        return reading

    def rest(self) -> list[int]:
        """Wait until every thread sleeps in two looks, and return the processes.

        Raises StackFailed if they never do.
        """
        self.raise_if_cancelled()
        pids = [stamp.pid for stamp in self._running.processes()]
        deadline_s = time.monotonic() + REST_WITHIN_S
        looks = 0
        while looks < 2:  # noqa: PLR2004 - see above
            looks = looks + 1 if are_at_rest(pids) else 0
            if time.monotonic() > deadline_s:
                raise StackFailed(
                    "measure",
                    f"its threads do not rest within {REST_WITHIN_S:g} s of a response, so that "
                    "no request can be counted alone",
                    self._running.log_tail(),
                )
            time.sleep(LOOK_AGAIN_S)
        return pids
