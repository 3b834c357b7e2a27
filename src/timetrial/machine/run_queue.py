"""How long threads were ready to run while others ran."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from timetrial.machine.procfs import threads

_WAITED = 1
"""Position in schedstat: time on the CPU, time in the run queue, slices; both in ns."""

Waits = Mapping[int, int]
"""Nanoseconds in the run queue since its begin, by thread."""


def waits(pids: Iterable[int]) -> Waits | None:
    """Read the waits of all threads of processes; None where the kernel does not tell them."""
    found: dict[int, int] = {}
    for pid in pids:
        for thread in threads(pid):
            try:
                with open(f"/proc/{pid}/task/{thread}/schedstat", "rb", buffering=0) as file:  # noqa: PTH123 - a server has hundreds of threads, pathlib takes twice as long
                    found[thread] = int(file.read(100).split()[_WAITED])
            except (ProcessLookupError, FileNotFoundError):  # it ended, or all lack the file
                continue
    return found or None


def waited_s(before: Waits | None, after: Waits | None) -> float | None:
    """Sum up over threads; what threads had waited that ended meanwhile, nobody knows any more."""
    if before is None or after is None:
        return None
    return sum(waited - before.get(thread, 0) for thread, waited in after.items()) / 1e9
