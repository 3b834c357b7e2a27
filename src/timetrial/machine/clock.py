"""The time that measuring goes by: the machine's, or one that a test sets."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from timetrial.model.units import seconds


@dataclass(frozen=True, slots=True)
class Clock:
    """Reads the time, and waits. Only differences of its readings count."""

    now_ns: Callable[[], int] = time.monotonic_ns
    sleep: Callable[[float], None] = time.sleep
    """Waits so many seconds."""

    def now_s(self) -> float:
        """Return the same reading as `now_ns`, in seconds."""
        return seconds(self.now_ns())


MACHINE_CLOCK = Clock()
