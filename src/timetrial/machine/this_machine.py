"""The machine of a run."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from timetrial.machine.control_group import read_text
from timetrial.machine.machine_settings import read_settings
from timetrial.machine.placement import Placement
from timetrial.model import Machine

_MODEL_KEYS = ("model name", "cpu model", "hardware", "processor", "cpu")
"""Keys of the CPU model in /proc/cpuinfo, by architecture; x86 first."""


def read_machine(placement: Placement) -> Machine:
    """Read model, memory and settings of this machine."""
    cores = os.cpu_count() or 1
    used = len({*placement.server_cpus, *placement.generator_cpus})
    limits = (f"{used} of {cores} CPUs are used",) if used < cores else ()
    return Machine(
        kernel=os.uname().release,
        cpu_model=_cpu_model(),
        cores=cores,
        memory_bytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        server_cpus=placement.server_cpus,
        generator_cpus=placement.generator_cpus,
        warnings=(*placement.warnings, *limits),
        settings=read_settings(),
    )


def _cpu_model() -> str:
    described: dict[str, str] = {}
    for line in (read_text(Path("/proc/cpuinfo")) or "").splitlines():
        key, _, value = line.partition(":")
        described.setdefault(key.strip().lower(), value.strip())
    found = (described.get(key, "") for key in _MODEL_KEYS)
    return next((model for model in found if model and not model.isdigit()), platform.machine())
