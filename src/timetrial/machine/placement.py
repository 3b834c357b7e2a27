"""The division of CPUs between the server and the load generator with the services."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GENERATOR_SHARE = 4
"""The generator gets one of this many CPUs: it needs a fraction of a Python server's CPU time for a
request, and a run reports when that was not enough."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The CPUs of the server and of the load generator."""

    server_cpus: tuple[int, ...]
    generator_cpus: tuple[int, ...]
    warnings: tuple[str, ...] = ()


def place(cpus: Sequence[int], core_of: Mapping[int, int] | None = None) -> Placement:
    """Divide CPUs: the first ones to the server, the last quarter (at least one) to the generator.

    `core_of` maps CPUs to physical cores: a core is not divided, because its threads slow each
    other down, unless it is the only one. Raises ValueError without a CPU.
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
    needed = max(1, len(ordered) // GENERATOR_SHARE)
    generator: list[int] = []
    while len(generator) < needed and len(cores) > 1:
        generator += cores.pop()
    server = [cpu for core in cores for cpu in core]
    return Placement(tuple(sorted(server)), tuple(sorted(generator)), warnings)


def available_cpus() -> tuple[int, ...]:
    """List the CPUs that this process may use."""
    return tuple(sorted(os.sched_getaffinity(0)))


def physical_cores(cpus: Sequence[int]) -> dict[int, int]:
    """Map each CPU to the first CPU of its physical core; empty if unknown."""
    cores = {}
    for cpu in cpus:
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            first = siblings.read_text("ascii").replace("-", ",").split(",")[0]
        except OSError:  # some containers do not show /sys
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
