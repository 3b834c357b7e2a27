"""The settings of this machine, read from /proc and /sys."""

from __future__ import annotations

import os
from pathlib import Path

from timetrial.machine import control_group
from timetrial.machine.control_group import ROOT, read_text
from timetrial.model import MachineSettings

SYSCTLS = (
    "net.core.somaxconn",
    "net.core.netdev_max_backlog",
    "net.core.default_qdisc",
    "net.core.rmem_max",
    "net.core.wmem_max",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_congestion_control",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv4.tcp_max_tw_buckets",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_tw_reuse",
    "net.ipv4.tcp_wmem",
    "fs.file-max",
    "kernel.numa_balancing",
    "kernel.perf_event_paranoid",
    "kernel.randomize_va_space",
    "kernel.sched_autogroup_enabled",
    "kernel.sched_cfs_bandwidth_slice_us",
    "kernel.sched_rt_runtime_us",
    "kernel.sched_schedstats",
    "vm.overcommit_memory",
    "vm.swappiness",
)
"""Settings of network, memory and scheduler that affect a server."""


def read_settings(root: Path = ROOT) -> MachineSettings:
    """Read the settings below `root`; what is not shown is None or left out."""
    system = os.uname()
    return MachineSettings(
        architecture=system.machine,
        kernel_build=system.version,
        hypervisor="hypervisor" in _cpu_flags(root),
        governor=_governor(root),
        turbo=_turbo(root),
        clock_source=clock_source(root),
        cgroup=control_group.version(root),
        cpu_quota=control_group.cpu_quota(root),
        memory_limit_bytes=control_group.memory_limit_bytes(root),
        transparent_huge_pages=_chosen(root / "sys/kernel/mm/transparent_hugepage/enabled"),
        sysctls={
            name: " ".join(value.split())
            for name in SYSCTLS
            if (value := read_text(root / "proc/sys" / name.replace(".", "/"))) is not None
        },
    )


def clock_source(root: Path = ROOT) -> str | None:
    return read_text(root / "sys/devices/system/clocksource/clocksource0/current_clocksource")


def _governor(root: Path) -> str | None:
    files = (root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")
    found = sorted({text for file in files if (text := read_text(file)) is not None})
    return ", ".join(found) or None


def _turbo(root: Path) -> bool | None:
    """Whether turbo is on: Intel's driver shows whether it is off, others whether it is on."""
    cpu = root / "sys/devices/system/cpu"
    off, on = read_text(cpu / "intel_pstate/no_turbo"), read_text(cpu / "cpufreq/boost")
    if off is not None:
        return off == "0"
    return None if on is None else on == "1"


def _cpu_flags(root: Path) -> list[str]:
    for line in (read_text(root / "proc/cpuinfo") or "").splitlines():
        if line.startswith("flags"):
            return line.split()
    return []


def _chosen(file: Path) -> str | None:
    """Return 'madvise' of 'always [madvise] never'."""
    return (read_text(file) or "").partition("[")[2].partition("]")[0] or None
