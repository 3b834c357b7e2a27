"""Which CPUs the server gets, and which the load generator and the services."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GENERATOR_SHARE = 4
"""The generator gets one CPU of that many: it spends a fraction of what a Python server spends on
a request, and a run says so where it was not enough."""


@dataclass(frozen=True, slots=True)
class Placement:
    server_cpus: tuple[int, ...]
    generator_cpus: tuple[int, ...]
    warnings: tuple[str, ...] = ()


def place(cpus: Sequence[int], core_of: Mapping[int, int] | None = None) -> Placement:
    """Divide CPUs: the first ones to the server, the last quarter (at least one) to the generator.

    `core_of` tells which CPUs are threads of one physical core (a number for each core): cores
    stay whole, so that server and generator do not slow each other down inside one, unless there
    is a single core.
    """
    ordered = sorted(set(cpus))
    if not ordered:
        raise ValueError("there is no CPU to place anything on")
    if len(ordered) == 1:
        only = (ordered[0],)
        warning = "server and generator share the only CPU: throughput is that of both together"
        return Placement(only, only, (warning,))
    cores = _grouped(ordered, core_of or {})
    warnings: tuple[str, ...] = ()
    if len(cores) == 1:
        cores = [(cpu,) for cpu in ordered]
        warnings = ("server and generator share one physical core and slow each other down",)
    wanted = max(1, len(ordered) // GENERATOR_SHARE)
    generator: list[int] = []
    while len(generator) < wanted and len(cores) > 1:
        generator += cores.pop()
    server = [cpu for core in cores for cpu in core]
    return Placement(tuple(sorted(server)), tuple(sorted(generator)), warnings)


def available_cpus() -> tuple[int, ...]:
    """List the CPUs that this process may use."""
    return tuple(sorted(os.sched_getaffinity(0)))


def physical_cores(cpus: Sequence[int]) -> dict[int, int]:
    """Map each CPU to its physical core, named by that core's first CPU; empty if unknown."""
    cores = {}
    for cpu in cpus:
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            first = siblings.read_text("ascii").replace("-", ",").split(",")[0]
        except OSError:  # not every container shows /sys
            return {}
        cores[cpu] = int(first)
    return cores


def _grouped(cpus: Sequence[int], core_of: Mapping[int, int]) -> list[tuple[int, ...]]:
    """Group CPUs by core; the cores are ordered by their first CPU."""
    cores: dict[object, list[int]] = {}
    for cpu in cpus:
        core = ("core", core_of[cpu]) if cpu in core_of else ("cpu", cpu)
        cores.setdefault(core, []).append(cpu)
    return [tuple(core) for core in cores.values()]
