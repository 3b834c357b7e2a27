"""Processes in /proc: the members of a tree, their sockets, and readable names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from timetrial.machine.control_group import read_text
from timetrial.machine.supervisor import SESSION, STARTED_TICKS, STATE, descendants, stat_fields
from timetrial.model import ProcessStamp

_ENDED = ("Z", "X")
_PYTHON_OPTIONS_WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")


def living(pids: Iterable[int]) -> tuple[ProcessStamp, ...]:
    """Return the stamps of processes that have not ended, ordered."""
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


def threads(pid: int) -> list[int]:
    """List the threads of a process; empty if it has ended."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]  # noqa: PTH208 - names are enough
    except (ProcessLookupError, FileNotFoundError, PermissionError):
        return []


def descriptors(pid: int) -> Iterator[tuple[int, str]]:
    """Yield the descriptors of a process: numbers, and the targets of their links."""
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)  # noqa: PTH208 - a server has thousands, names are enough
    except OSError:  # it ended, or belongs to another user
        return
    for name in names:
        try:
            yield int(name), os.readlink(f"{folder}/{name}")  # noqa: PTH115 - likewise
        except OSError:
            continue


def tcp_sockets(port: int) -> Iterator[list[str]]:
    """Yield the fields of all TCP sockets with this local or remote port."""
    shown = f":{port:04X} "
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if table.exists():  # a kernel without IPv6 has only one
            for line in table.read_text("ascii").splitlines()[1:]:
                if shown in line:  # after a load, most of many thousand lines have other ports
                    yield line.split()


def kernel_name(pid: int) -> str | None:
    """Return the kernel's name of a process; None if it has ended."""
    return read_text(Path(f"/proc/{pid}/comm"))


def process_name(pid: int) -> str:
    """Return the program of a process: 'hypercorn' where the kernel has 'python3.11'."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "unknown"
    named = kernel_name(pid)
    if named is None:
        return "unknown"
    program = Path(arguments[0]).name
    if not program.startswith("python"):
        return named
    return _python_program([argument for argument in arguments[1:] if argument]) or named


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
