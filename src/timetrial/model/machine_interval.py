"""How the machine was while something was looked at in the life of a stack."""

from __future__ import annotations

from dataclasses import dataclass

from timetrial.model.measurement import MachineConditions


@dataclass(frozen=True, slots=True)
class MachineInterval:
    """The machine during one part of an experiment."""

    machine: MachineConditions
    foreign_cpu_s: float | None
    """CPU time that strangers took of the server's CPUs within `seen_s`; None: not known."""
    seen_s: float
    """How long it was known whose CPU time was whose: not while a process of the server ended."""
