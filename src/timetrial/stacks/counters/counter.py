"""What was executed between two readings of a server's counters. Pure, but for the protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from timetrial.stacks.launch import Launch

MULTIPLIER = 0x9E3779B97F4A7C15
"""Of the polynomial in which a sequence of system calls is kept (valgrind_tool)."""
_WORD = 1 << 64


@dataclass(frozen=True, slots=True)
class ProcessCounts:
    """What one process has executed since it began."""

    instructions: int
    """In user space, of all threads."""
    system_calls: int
    sequence: int = 0
    """The polynomial of their numbers; 0 where it is unknown."""
    probing: int | None = None
    """Instructions that look up keys of dicts and sets; None without the symbols of libpython."""


Reading = Mapping[int, ProcessCounts]
"""By pid."""
Read = Callable[[], Reading]
"""Reads the counters of one server."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What all processes have executed between two readings."""

    instructions: int
    system_calls: int
    signature: tuple[int, ...] = ()
    """Equal where the system calls were the same, in the same order in each process."""
    probing: int | None = None


_NOTHING = ProcessCounts(0, 0)


def between(before: Reading, after: Reading) -> Executed:
    """Subtract two readings; what processes have executed that ended meanwhile is not known."""
    steps = [
        (before.get(pid, _NOTHING), now)
        for pid, now in sorted(after.items())
        if now != before.get(pid)
    ]
    known = [now.probing is not None for _, now in steps]
    return Executed(
        sum(now.instructions - was.instructions for was, now in steps),
        sum(now.system_calls - was.system_calls for was, now in steps),
        tuple(_sequence(was, now) for was, now in steps),
        sum((now.probing or 0) - (was.probing or 0) for was, now in steps)
        if known and all(known)
        else None,
    )


def _sequence(was: ProcessCounts, now: ProcessCounts) -> int:
    """Return the polynomial of the calls in between alone."""
    shifted = was.sequence * pow(MULTIPLIER, now.system_calls - was.system_calls, _WORD)
    return (now.sequence - shifted) % _WORD


class Counter(Protocol):
    """Counts what a server executes."""

    @property
    def name(self) -> str:
        """For people: 'Valgrind 3.19.0'."""

    @property
    def requests_together(self) -> int:
        """Return how many requests lie between two readings: reading may be slow."""

    @property
    def slowdown(self) -> float:
        """Return about how many times longer a server takes."""

    def counted(self, launch: Launch, folder: Path) -> Launch:
        """Change a launch so that its processes are counted, by files in an empty folder."""

    def attached(self, folder: Path, pids: Sequence[int]) -> Read:
        """Return what reads the counters of a running server, which has these processes now.

        It is called while all threads of the server sleep. Raises StackFailed.
        """
