"""Processes as /proc shows them: the members of a tree, and names that people know them by."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from timetrial.measurement import ProcessStamp
from timetrial.stacks.keeper import SESSION, STARTED_TICKS, STATE, descendants, stat_fields

_ENDED = ("Z", "X")
_PYTHON_OPTIONS_WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")


def living(pids: Iterable[int]) -> tuple[ProcessStamp, ...]:
    """Stamp those processes that have not ended, ordered."""
    stamps = []
    for pid in pids:
        fields = stat_fields(pid)
        if fields and fields[STATE] not in _ENDED:
            stamps.append(ProcessStamp(pid, int(fields[STARTED_TICKS])))
    return tuple(sorted(stamps))


def living_descendants(pid: int) -> tuple[ProcessStamp, ...]:
    return living(descendants(pid))


def session_members(session: int) -> tuple[ProcessStamp, ...]:
    fields = ((pid, stat_fields(pid)) for pid in every_pid())
    return living(pid for pid, found in fields if found and int(found[SESSION]) == session)


def every_pid() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - names, not paths


def process_name(pid: int) -> str:
    """Name a process by what it runs: 'hypercorn' where the kernel would say 'python3.11'."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        kernel_name = Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
    except OSError:
        return "unknown"
    program = Path(arguments[0]).name
    if not program.startswith("python"):
        return kernel_name
    return _python_program([argument for argument in arguments[1:] if argument]) or kernel_name


def _python_program(arguments: list[str]) -> str | None:
    rest = iter(arguments)
    for argument in rest:
        if argument == "-m":
            return next(rest, None)
        if argument in _PYTHON_OPTIONS_WITH_VALUE:
            next(rest, None)
        elif argument == "-c":
            return None
        elif not argument.startswith("-"):
            return Path(argument).name
    return None
