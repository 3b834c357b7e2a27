"""CPU time and memory of the whole process tree of a running stack."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from timetrial.machine.supervisor import CHILDREN_SYSTEM_TICKS, CHILDREN_USER_TICKS, stat_fields
from timetrial.model import NS_PER_S, Memory, ProcessStamp, StackFailed

_CPUCLOCK_SCHED = 2
_KIB = 1024
_SIZES = ("Rss:", "Pss:", "Anonymous:")
"""The lines of a mapping that are read, of about two dozen."""
_SHARED_MEMORY = ("/dev/zero", "/memfd:", "/SYSV", "/anon_hugepage")
"""Names of shared memory without a file system."""

CpuClock = tuple[ProcessStamp, int | None]
"""A process and its CPU time in ns; None if it had ended."""


class ProcessTree(Protocol):
    """Anything with processes, such as a `RunningStack`."""

    def processes(self) -> tuple[ProcessStamp, ...]: ...


@dataclass(frozen=True, slots=True)
class CpuReading:
    """The CPU clocks of a tree's processes, including all threads and ended threads."""

    clocks: tuple[CpuClock, ...]


class CpuMeter:
    """Reads the CPU time of a tree, to the nanosecond, in about 1 µs for each process.

    Only `refresh()` looks up the processes of the tree. Call it also before the reading that ends
    an interval (after the load), so that new processes are noticed. The clock of a running process
    may lag by a scheduler tick; that of an idle one is exact.
    """

    def __init__(self, tree: ProcessTree) -> None:
        self._tree = tree
        self._processes: tuple[ProcessStamp, ...] = ()
        self.refresh()

    @property
    def processes(self) -> tuple[ProcessStamp, ...]:
        """The processes of the tree at the last `refresh()`."""
        return self._processes

    def refresh(self) -> None:
        self._processes = self._tree.processes()

    def read(self) -> CpuReading:
        return CpuReading(tuple((stamp, _cpu_time_ns(stamp.pid)) for stamp in self._processes))


def difference(before: CpuReading, after: CpuReading) -> float | None:
    """Return the CPU seconds between two readings.

    None if a process started or ended: the CPU time of an ended one is unknown.
    """
    used_ns = 0
    if len(before.clocks) != len(after.clocks):
        return None
    for (stamp, start_ns), (same, end_ns) in zip(before.clocks, after.clocks, strict=True):
        if stamp != same or start_ns is None or end_ns is None:
            return None
        used_ns += end_ns - start_ns
    return used_ns / NS_PER_S


def cpu_s_so_far(processes: Collection[ProcessStamp]) -> float:
    """Return the CPU seconds of processes and of their ended children.

    Unlike `difference`, processes may start and end at any time. The CPU time of ended ones is
    known to a clock tick (10 ms).
    """
    used_ns = sum(_cpu_time_ns(stamp.pid) or 0 for stamp in processes)
    ended_ticks = 0
    for stamp in processes:
        fields = stat_fields(stamp.pid)
        if fields:
            ended_ticks += sum(map(int, fields[CHILDREN_USER_TICKS : CHILDREN_SYSTEM_TICKS + 1]))
    return used_ns / NS_PER_S + ended_ticks / os.sysconf("SC_CLK_TCK")


def memory(pids: Iterable[int]) -> Memory:
    """Return the memory of processes in bytes; processes that end are left out.

    Anonymous part: the sum of Pss_Anon + Pss_Shmem of /proc/PID/smaps_rollup (man 5 proc). Pages
    that forked workers share count once in all, shared memory and files on a tmpfs too. Kernels
    before 5.4 have no Pss_Anon: the anonymous share of each mapping's PSS is used there. Swapped
    pages are not counted.

    File part: for each mapping of a file (device, inode, offset) the largest resident size of all
    processes, without pages that were modified privately: those are anonymous.

    Raises StackFailed if the memory of a process may not be read.
    """
    anonymous_bytes = 0
    file_bytes: dict[_FilePart, int] = {}
    in_memory = _tmpfs_devices()
    for pid in pids:
        try:
            mappings = list(_mappings(pid, in_memory))
            anonymous_bytes += _anonymous_bytes(pid, mappings)
        except (ProcessLookupError, FileNotFoundError):
            continue
        except PermissionError as error:
            raise StackFailed("measure", f"the memory of process {pid} may not be read") from error
        for mapping in mappings:
            if mapping.file:
                unmodified_bytes = mapping.rss_bytes - mapping.anonymous_bytes
                largest = max(file_bytes.get(mapping.file, 0), unmodified_bytes)
                file_bytes[mapping.file] = largest
    return Memory(anonymous_bytes=anonymous_bytes, file_bytes=sum(file_bytes.values()))


_FilePart = tuple[str, str, str]
"""Device, inode and offset."""


@dataclass(frozen=True, slots=True)
class _Mapping:
    file: _FilePart | None
    is_shared_memory: bool
    rss_bytes: int
    pss_bytes: int
    anonymous_bytes: int

    @property
    def anonymous_pss_bytes(self) -> int:
        """An estimate: the mapping's PSS times the share of its anonymous pages."""
        if self.is_shared_memory or not self.rss_bytes:
            return self.pss_bytes
        return self.pss_bytes * self.anonymous_bytes // self.rss_bytes


def _cpu_time_ns(pid: int) -> int | None:
    """Read a process's CPU clock, with the clock id of clock_getcpuclockid()."""
    try:
        return time.clock_gettime_ns((~pid << 3) | _CPUCLOCK_SCHED)
    except OSError:  # no such process
        return None


def _anonymous_bytes(pid: int, mappings: Iterable[_Mapping]) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8", "replace").splitlines()[1:]
    except FileNotFoundError:  # a kernel older than 4.14, or the process ended
        lines = []
    sizes = _sizes(lines)
    if "Pss_Anon" in sizes:
        return sizes["Pss_Anon"] + sizes["Pss_Shmem"]
    return sum(mapping.anonymous_pss_bytes for mapping in mappings)


def _mappings(pid: int, in_memory: frozenset[str]) -> Iterator[_Mapping]:
    header = ""
    lines: list[str] = []
    for line in Path(f"/proc/{pid}/smaps").read_text("utf-8", "replace").splitlines():
        if line[0].isupper():  # a header begins with an address, in lower-case hexadecimal
            if line.startswith(_SIZES):
                lines.append(line)
            continue
        if header:
            yield _mapping(header, lines, in_memory)
        header, lines = line, []
    if header:
        yield _mapping(header, lines, in_memory)


def _mapping(header: str, lines: Iterable[str], in_memory: frozenset[str]) -> _Mapping:
    _, _, offset, device, inode, *names = header.split(maxsplit=5)
    name = names[0] if names else ""
    is_shared_memory = device in in_memory or name.startswith(_SHARED_MEMORY)
    has_file = inode != "0" and not is_shared_memory
    sizes = _sizes(lines)
    return _Mapping(
        file=(device, inode, offset) if has_file else None,
        is_shared_memory=is_shared_memory,
        rss_bytes=sizes["Rss"],
        pss_bytes=sizes["Pss"],
        anonymous_bytes=sizes["Anonymous"],
    )


def _sizes(lines: Iterable[str]) -> dict[str, int]:
    """Parse lines such as 'Rss:   1644 kB' to bytes by name."""
    words = (line.split() for line in lines)
    return {found[0][:-1]: int(found[1]) * _KIB for found in words if found[-1] == "kB"}


def _tmpfs_devices() -> frozenset[str]:
    """List the devices of file systems in memory, as /proc/PID/smaps writes them."""
    devices = set()
    for line in Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines():
        mounted, _, kind = line.partition(" - ")
        if kind.startswith(("tmpfs ", "devtmpfs ")):
            major, minor = map(int, mounted.split()[2].split(":"))
            devices.add(f"{major:02x}:{minor:02x}")
    return frozenset(devices)
