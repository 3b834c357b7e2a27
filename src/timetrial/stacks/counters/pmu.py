"""Counts by the CPU itself, where it lends its counters: at the speed of a server alone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from timetrial._engine import TaskCounter
from timetrial.machine.procfs import threads
from timetrial.model import StackFailed
from timetrial.stacks.counters.counter import ProcessCounts, Read, Reading
from timetrial.stacks.launch import Launch

Event = Literal["instructions", "task-clock"]


@dataclass(frozen=True, slots=True)
class CpuCounter:
    """Counts instructions; system calls are not known to it."""

    event: Event = "instructions"
    """Tests take a task clock, which every machine has."""

    @property
    def name(self) -> str:
        return "the CPU's counters"

    @property
    def requests_together(self) -> int:
        return 1

    @property
    def slowdown(self) -> float:
        return 1.0

    def counted(self, launch: Launch, folder: Path) -> Launch:
        del folder
        return launch

    def attached(self, folder: Path, pids: Sequence[int]) -> Read:
        """Count all threads that there are, and those that they start."""
        del folder
        try:
            counters = {
                pid: [TaskCounter(thread, event=self.event) for thread in threads(pid)]
                for pid in pids
            }
        except OSError as error:
            raise StackFailed("measure", f"the CPU does not count: {error.strerror}") from error

        def read() -> Reading:
            try:
                return {
                    pid: ProcessCounts(sum(counter.read() for counter in of), 0)
                    for pid, of in counters.items()
                }
            except OSError as error:
                raise StackFailed("measure", f"the CPU stopped counting: {error}") from error

        return read


def cpu_counts() -> bool:
    """Whether this machine's CPU counts instructions for us."""
    try:
        return TaskCounter(threading.get_native_id()).read() >= 0
    except OSError:
        return False
