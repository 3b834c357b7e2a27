"""The clock of measurements: the machine's, or one that a test controls."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from timetrial.model import seconds


@dataclass(frozen=True, slots=True)
class Clock:
    """Reads the time and waits. Only differences of readings are meaningful."""

    now_ns: Callable[[], int] = time.monotonic_ns
    sleep: Callable[[float], None] = time.sleep
    """Waits for a time in s."""

    def now_s(self) -> float:
        """Return the reading of `now_ns` in s."""
        return seconds(self.now_ns())


MACHINE_CLOCK = Clock()
