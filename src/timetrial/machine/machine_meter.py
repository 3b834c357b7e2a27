"""Other load on the machine while a stack is measured: read before and after each window."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from timetrial.machine.control_group import folders, read_text
from timetrial.machine.machine_clocks import cpu_times, stalled_s
from timetrial.machine.procfs import every_pid, kernel_name, threads
from timetrial.model import NS_PER_S

EXACT_FROM_S = 0.5
"""The shortest span for which the clock ticks of /proc/stat (10 ms) are exact enough."""

_SCHEDSTAT = Path("/proc/schedstat")
_CGROUPS = Path("/sys/fs/cgroup")
_RUN_NS = 7
"""Position in a line of /proc/schedstat: how long tasks ran on that CPU."""
_SOFT_IRQ_THREAD = "ksoftirqd/"
_VERSION = re.compile(r"(\d+)\.(\d+)")
_NO_IOWAIT_FROM = (6, 15)
"""The first Linux with IORING_ENTER_NO_IOWAIT, which the engine sets."""


@dataclass(frozen=True, slots=True)
class MachineReading:
    """Clocks of the machine at one moment; None for a clock that the kernel lacks."""

    at_ns: int
    run_s: float | None
    """How long the server's CPUs have run tasks, up to a constant."""
    is_exact: bool
    """Whether `run_s` is known to the nanosecond; otherwise to a clock tick (10 ms)."""
    steal_s: float | None
    throttled_s: float | None
    memory_pressure_s: float | None
    io_pressure_s: float | None


class MachineMeter:
    """Reads the machine's clocks in less than 1 ms."""

    def __init__(self, server_cpus: Collection[int], generator_cpus: Collection[int]) -> None:
        self._server = tuple(sorted(server_cpus))
        self._all = tuple(sorted({*server_cpus, *generator_cpus}))
        self._shared = bool({*server_cpus} & {*generator_cpus})
        """Whether the generator would count as another process on the server's CPUs."""

    def read(self) -> MachineReading:
        times = cpu_times(self._all)
        exact_s = None if self._shared else _run_s(self._server)
        run_s = exact_s
        if exact_s is None and not self._shared and all(cpu in times for cpu in self._server):
            # The negative idle time: it is exact where busy ticks are sampled.
            run_s = -sum(times[cpu].idle_s + times[cpu].steal_s for cpu in self._server)
        return MachineReading(
            at_ns=time.monotonic_ns(),
            run_s=run_s,
            is_exact=exact_s is not None,
            steal_s=sum(time_.steal_s for time_ in times.values()) if times else None,
            throttled_s=throttled_s(),
            memory_pressure_s=stalled_s("memory", "some"),
            io_pressure_s=stalled_s("io", "some")
            if tells_disks_apart(os.uname().release)
            else None,
        )


def foreign_cpu_s(
    before: MachineReading, after: MachineReading, server_cpu_s: float | None, cpus: int
) -> float | None:
    """Return the CPU s of other processes on the server's `cpus` CPUs; None if it is unknown.

    `server_cpu_s` is the CPU time of the server between the readings.
    """
    if before.run_s is None or after.run_s is None or server_cpu_s is None:
        return None
    ran_s = after.run_s - before.run_s
    if not after.is_exact:
        passed_s = (after.at_ns - before.at_ns) / NS_PER_S
        if passed_s < EXACT_FROM_S:
            return None
        ran_s += passed_s * cpus
    return max(0.0, ran_s - server_cpu_s)


def affinity(pid: int) -> tuple[int, ...]:
    """List the CPUs that any thread of a process may run on; empty if it has ended."""
    cpus: set[int] = set()
    for thread in threads(pid):
        try:
            cpus |= os.sched_getaffinity(thread)
        except ProcessLookupError:
            continue
    return tuple(sorted(cpus))


def throttled_s() -> float | None:
    """Return for how many s this process's control group was throttled; None if it is unknown."""
    file = _cpu_stat_file()
    lines = (read_text(file) or "").splitlines() if file else []
    figures = {words[0]: int(words[1]) for words in map(str.split, lines) if words[1:]}
    if "throttled_usec" in figures:
        return figures["throttled_usec"] / 1e6
    return figures["throttled_time"] / 1e9 if "throttled_time" in figures else None


@cache
def _cpu_stat_file() -> Path | None:
    """Return the statistics of the deepest visible control group of this process."""
    files = (folder / "cpu.stat" for folder in folders("cpu"))
    return next((file for file in files if file.is_file()), None)


def _run_s(cpus: Sequence[int]) -> float | None:
    """Return how long CPUs have run tasks, to the nanosecond; None if the kernel does not tell."""
    found = _by_schedstat()
    if found is None:
        found = _by_accounting()
    if found is None or any(cpu not in found for cpu in cpus):
        return None
    return sum(found[cpu] for cpu in cpus) / NS_PER_S - _soft_irq_s(tuple(cpus))


def _by_schedstat() -> dict[int, int] | None:
    text = read_text(_SCHEDSTAT)
    if text is None:  # a kernel without CONFIG_SCHEDSTATS
        return None
    rows = (line.split() for line in text.splitlines() if line.startswith("cpu"))
    return {int(row[0][3:]): int(row[_RUN_NS]) for row in rows if len(row) > _RUN_NS}


def _by_accounting() -> dict[int, int] | None:
    """Read the counters of control groups of version 1."""
    text = read_text(_CGROUPS / "cpuacct" / "cpuacct.usage_percpu")
    return None if text is None else dict(enumerate(map(int, text.split())))


def _soft_irq_s(cpus: tuple[int, ...]) -> float:
    """Return how long these CPUs processed network packets in kernel threads."""
    texts = (read_text(Path(f"/proc/{pid}/schedstat")) for pid in _soft_irq_threads(cpus))
    return sum(int(text.split()[0]) for text in texts if text) / NS_PER_S


@cache
def _soft_irq_threads(cpus: tuple[int, ...]) -> tuple[int, ...]:
    names = {f"{_SOFT_IRQ_THREAD}{cpu}" for cpu in cpus}
    return tuple(pid for pid in every_pid() if kernel_name(pid) in names)


@cache
def tells_disks_apart(release: str) -> bool:
    """Whether a kernel release does not count waits of an io_uring engine as waits for disks."""
    found = _VERSION.match(release)
    return found is not None and (int(found[1]), int(found[2])) >= _NO_IOWAIT_FROM
