"""How the machine of a run is set up: what its owner could have set otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MachineSettings:
    """Read once, before the first round; None where the machine does not show it."""

    architecture: str
    kernel_build: str
    """What follows its release: number and kind of the build."""
    hypervisor: bool
    """Whether the CPU says that it is a virtual one."""
    governor: str | None
    """Of frequency; of all CPUs, if they differ."""
    turbo: bool | None
    clock_source: str | None
    cgroup: str | None
    """'v1' or 'v2'."""
    cpu_quota: float | None
    """CPUs that the cgroup may use; None where there is no quota."""
    memory_limit_bytes: int | None
    """Of the cgroup; None where there is no limit."""
    transparent_huge_pages: str | None
    sysctls: Mapping[str, str]
    """Those that servers feel, of those that there are."""
