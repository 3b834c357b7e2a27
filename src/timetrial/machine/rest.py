"""Whether processes are at rest: none of their threads runs or waits for a disk."""

from __future__ import annotations

from collections.abc import Iterable

from timetrial.machine.procfs import threads
from timetrial.machine.supervisor import STATE, stat_fields

_ASLEEP = "S"


def are_at_rest(pids: Iterable[int]) -> bool:
    """Whether every thread of these processes sleeps at this moment."""
    # A thread that ended meanwhile has no fields; the kernel shows each as if it were a process.
    states = (stat_fields(thread) for pid in pids for thread in threads(pid))
    return all(fields is None or fields[STATE] == _ASLEEP for fields in states)
