"""Run-queue wait: how long threads were ready to run while others ran."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from timetrial.machine.procfs import threads

_WAITED = 1
"""Field of schedstat: CPU time in ns, run-queue wait in ns, slices."""

Waits = Mapping[int, int]
"""Run-queue wait since the start of each thread, in ns."""


def waits(pids: Iterable[int]) -> Waits | None:
    """Return the waits of all threads of processes; None if the kernel does not tell."""
    found: dict[int, int] = {}
    for pid in pids:
        for thread in threads(pid):
            try:
                with open(f"/proc/{pid}/task/{thread}/schedstat", "rb", buffering=0) as file:  # noqa: PTH123 - a server has hundreds of threads, pathlib takes twice as long
                    found[thread] = int(file.read(100).split()[_WAITED])
            except (
                ProcessLookupError,
                FileNotFoundError,
            ):  # it ended, or the kernel lacks the file
                continue
    return found or None


def waited_s(before: Waits | None, after: Waits | None) -> float | None:
    """Return the waits in s between two readings, without those of ended threads."""
    if before is None or after is None:
        return None
    return sum(waited - before.get(thread, 0) for thread, waited in after.items()) / 1e9
