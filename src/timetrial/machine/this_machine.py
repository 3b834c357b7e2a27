"""The machine that a run is taken on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from timetrial.machine.machine_settings import read_settings
from timetrial.machine.placement import Placement
from timetrial.model.run import Machine

_MODEL_KEYS = ("model name", "cpu model", "hardware", "processor", "cpu")
"""What /proc/cpuinfo calls it, by architecture; x86 first."""


def read_machine(placement: Placement) -> Machine:
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
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        key, _, value = line.partition(":")
        described.setdefault(key.strip().lower(), value.strip())
    found = (described.get(key, "") for key in _MODEL_KEYS)
    return next((model for model in found if model and not model.isdigit()), platform.machine())
