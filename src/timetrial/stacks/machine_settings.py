"""How this machine is set up, read from /proc and /sys."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from timetrial.machine_settings import MachineSettings

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
"""Those of the network, of memory and of the scheduler that a server can feel."""
_NO_LIMIT_FROM_BYTES = 1 << 60
"""Version 1 of cgroups writes 'no limit' as a number that large."""


def read_settings(root: Path = Path("/")) -> MachineSettings:
    """Read what is there to read below `root`; what is not shown is None or left out."""
    system, cgroups = os.uname(), _Cgroup(root)
    return MachineSettings(
        architecture=system.machine,
        kernel_build=system.version,
        hypervisor="hypervisor" in _cpu_flags(root),
        governor=_governor(root),
        turbo=_turbo(root),
        clock_source=_text(
            root / "sys/devices/system/clocksource/clocksource0/current_clocksource"
        ),
        cgroup=cgroups.version,
        cpu_quota=cgroups.cpu_quota(),
        memory_limit_bytes=cgroups.memory_limit_bytes(),
        transparent_huge_pages=_chosen(root / "sys/kernel/mm/transparent_hugepage/enabled"),
        sysctls={
            name: " ".join(value.split())
            for name in SYSCTLS
            if (value := _text(root / "proc/sys" / name.replace(".", "/"))) is not None
        },
    )


class _Cgroup:
    """The control group of this process, whose limits bind the servers, too."""

    def __init__(self, root: Path) -> None:
        self._mount = root / "sys/fs/cgroup"
        lines = (_text(root / "proc/self/cgroup") or "").splitlines()
        fields = (line.split(":", 2)[1:] for line in lines if line.count(":") > 1)
        self._paths = {
            controller: path
            for controllers, path in fields
            for controller in controllers.split(",")
        }
        self.version: str | None = None
        if (self._mount / "cgroup.controllers").exists():
            self.version = "v2"
        elif any(self._paths):
            self.version = "v1"

    def cpu_quota(self) -> float | None:
        """CPUs that it may use: the least of its own quota and of those above it."""
        if self.version == "v2":
            texts = self._values("", "cpu.max")
            pairs = [text.split() for text in texts]
        else:
            quotas, periods = (
                self._values("cpu", f"cpu.cfs_{what}_us") for what in ("quota", "period")
            )
            pairs = [[quota, period] for quota, period in zip(quotas, periods, strict=False)]
        found = [int(quota) / int(period) for quota, period in pairs if quota not in {"max", "-1"}]
        return min(found, default=None)

    def memory_limit_bytes(self) -> int | None:
        names = ("", "memory.max") if self.version == "v2" else ("memory", "memory.limit_in_bytes")
        limits = [int(text) for text in self._values(*names) if text != "max"]
        return min((each for each in limits if each < _NO_LIMIT_FROM_BYTES), default=None)

    def _values(self, controller: str, name: str) -> list[str]:
        """Read a file of the group and of all groups above it, as far as they are shown."""
        mount = self._mount / controller
        path = mount / self._paths.get(controller, "/").lstrip("/")
        folders: Iterable[Path] = (path, *path.parents)
        within = [folder for folder in folders if folder == mount or mount in folder.parents]
        return [text for folder in within if (text := _text(folder / name)) is not None]


def _governor(root: Path) -> str | None:
    files = (root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")
    found = sorted({text for file in files if (text := _text(file)) is not None})
    return ", ".join(found) or None


def _turbo(root: Path) -> bool | None:
    """Both drivers say it their own way: Intel's whether it is off, the common one whether on."""
    cpu = root / "sys/devices/system/cpu"
    off, on = _text(cpu / "intel_pstate/no_turbo"), _text(cpu / "cpufreq/boost")
    if off is not None:
        return off == "0"
    return None if on is None else on == "1"


def _cpu_flags(root: Path) -> list[str]:
    for line in (_text(root / "proc/cpuinfo") or "").splitlines():
        if line.startswith("flags"):
            return line.split()
    return []


def _chosen(file: Path) -> str | None:
    """Of 'always [madvise] never', take what stands in brackets."""
    return (_text(file) or "").partition("[")[2].partition("]")[0] or None


def _text(file: Path) -> str | None:
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return None
