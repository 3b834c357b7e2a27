"""Counters of the kernel since boot: the time of CPUs, and stalls."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from timetrial.machine.control_group import ROOT, read_text

_FIELDS = 8
"""Fields of a line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal."""
_IDLE, _IOWAIT, _STEAL = 3, 4, 7


@dataclass(frozen=True, slots=True)
class CpuTime:
    """The time of a CPU since boot, to a clock tick (10 ms)."""

    busy_s: float
    idle_s: float
    """Waits for disks included."""
    steal_s: float
    """CPU steal: time that a hypervisor took."""


def cpu_times(cpus: Collection[int], root: Path = ROOT) -> dict[int, CpuTime]:
    """Return the times of these CPUs, by CPU; empty if the kernel does not show them."""
    names = {f"cpu{cpu}": cpu for cpu in cpus}
    found = {}
    try:
        with (root / "proc/stat").open(encoding="ascii") as file:
            for line in file:
                if not line.startswith("cpu"):  # the lines of CPUs come first
                    break
                name, *words = line.split()
                if name in names and len(words) >= _FIELDS:
                    found[names[name]] = _cpu_time([int(word) for word in words[:_FIELDS]])
    except OSError:
        return {}
    return found


def _cpu_time(ticks: list[int]) -> CpuTime:
    ticks_per_s = os.sysconf("SC_CLK_TCK")
    idle, steal = ticks[_IDLE] + ticks[_IOWAIT], ticks[_STEAL]
    busy = sum(ticks) - idle - steal
    return CpuTime(busy / ticks_per_s, idle / ticks_per_s, steal / ticks_per_s)


def stalled_s(
    what: Literal["cpu", "memory", "io"], kind: Literal["some", "full"], root: Path = ROOT
) -> float | None:
    """Return for how many s some process, or all of them, waited (pressure stall information).

    None if the kernel lacks it or it is switched off.
    """
    for line in (read_text(root / "proc/pressure" / what) or "").splitlines():
        words = line.split()  # 'some avg10=0.00 … total=5834772463', in µs
        if words[0] == kind:
            return int(words[-1].removeprefix("total=")) / 1e6
    return None
