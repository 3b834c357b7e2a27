"""Facts of the machine: settings in /proc and /sys, and its load while nothing is measured."""

from __future__ import annotations

import os
import resource
import statistics
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from timetrial.machine.control_group import ROOT
from timetrial.machine.machine_clocks import cpu_times, stalled_s
from timetrial.machine.machine_settings import read_settings
from timetrial.machine.placement import Placement, physical_cores
from timetrial.model import IdleFacts, MachineFacts

_SLEEP_S = 0.0005


def read_facts(placement: Placement, root: Path = ROOT) -> MachineFacts:
    """Read settings and limits from the files below `root`."""
    settings = read_settings(root)
    somaxconn = settings.sysctls.get("net.core.somaxconn")
    return MachineFacts(
        cpus=os.cpu_count() or 1,
        server_cpus=placement.server_cpus,
        generator_cpus=placement.generator_cpus,
        shares_core=_shares_core(placement),
        clock_source=settings.clock_source,
        governors=tuple(settings.governor.split(", ")) if settings.governor else (),
        turbo=settings.turbo,
        quota_cpus=settings.cpu_quota,
        open_files=_open_files(),
        somaxconn=None if somaxconn is None else int(somaxconn),
        ports=_ports(settings.sysctls.get("net.ipv4.ip_local_port_range")),
    )


def watch_idle(cpus: Collection[int], length_s: float, root: Path = ROOT) -> IdleFacts:
    """Measure the load of other processes on these CPUs during many short sleeps of `length_s`."""
    before, began_s = _Sample.take(cpus, root), time.monotonic()
    late_s = sorted(_lateness(began_s + length_s))
    after, passed_s = _Sample.take(cpus, root), time.monotonic() - began_s
    process_s = after.process_s - before.process_s
    return IdleFacts(
        length_s=passed_s,
        foreign_cpu=max(0.0, after.busy_s - before.busy_s - process_s) / passed_s,
        steal=max(0.0, after.steal_s - before.steal_s) / (passed_s * max(1, len(cpus))),
        cpu_pressure=_share(before.cpu_waits_s, after.cpu_waits_s, passed_s),
        memory_pressure=_share(before.memory_waits_s, after.memory_waits_s, passed_s),
        late_p50_s=statistics.median(late_s),
        late_p99_s=late_s[int(0.99 * (len(late_s) - 1))],
    )


def _lateness(until_s: float) -> Iterator[float]:
    while True:
        began_s = time.monotonic()
        time.sleep(_SLEEP_S)
        now_s = time.monotonic()
        yield now_s - began_s - _SLEEP_S
        if now_s >= until_s:
            return


@dataclass(frozen=True, slots=True)
class _Sample:
    busy_s: float
    steal_s: float
    process_s: float
    """CPU time of this process."""
    cpu_waits_s: float | None
    memory_waits_s: float | None

    @classmethod
    def take(cls, cpus: Collection[int], root: Path) -> _Sample:
        times = cpu_times(cpus, root).values()
        return cls(
            sum(cpu.busy_s for cpu in times),
            sum(cpu.steal_s for cpu in times),
            time.process_time(),
            stalled_s("cpu", "some", root),
            stalled_s("memory", "full", root),
        )


def _share(before_s: float | None, after_s: float | None, passed_s: float) -> float | None:
    if before_s is None or after_s is None:
        return None
    return min(1.0, max(0.0, after_s - before_s) / passed_s)


def _shares_core(placement: Placement) -> bool:
    core_of = physical_cores((*placement.server_cpus, *placement.generator_cpus))
    server = {core_of.get(cpu) for cpu in placement.server_cpus} - {None}
    return bool(server & {core_of.get(cpu) for cpu in placement.generator_cpus})


def _open_files() -> int:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 2**31 if hard == resource.RLIM_INFINITY else hard


def _ports(port_range: str | None) -> int | None:
    words = (port_range or "").split()
    return int(words[1]) - int(words[0]) + 1 if words else None
