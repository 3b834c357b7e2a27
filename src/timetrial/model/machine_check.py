"""The state of a machine before a run, and whether the machine is fit to be measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fit = Literal["ok", "doubtful", "unfit"]


@dataclass(frozen=True, slots=True)
class MachineCheck:
    """One thing about the machine, and what it means for figures taken there."""

    name: str
    """As 'foreign CPU'."""
    judged: Fit
    said: str
    """What was seen, as a clause: '12 % of a core went to other processes'."""
    remedy: str = ""
    """What to do about it, as an imperative clause; '' where nothing need be done."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What the load engine gets from a server that answers at once, under a closed load."""

    connections: int
    pipeline: int
    per_s: float
    """Responses a second."""


@dataclass(frozen=True, slots=True)
class MachineChecks:
    """What was seen of the machine when a run began."""

    checks: tuple[MachineCheck, ...]
    ceilings: tuple[Ceiling, ...] = ()

    @property
    def doubts(self) -> tuple[MachineCheck, ...]:
        return tuple(check for check in self.checks if check.judged != "ok")

    def ceiling_per_s(self, connections: int, pipeline: int) -> float | None:
        """Look up the ceiling of a closed load; None where it was not measured."""
        found = (c for c in self.ceilings if (c.connections, c.pipeline) == (connections, pipeline))
        return next((ceiling.per_s for ceiling in found), None)


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """Settings and limits; None, or nothing, where the system does not show them."""

    cpus: int
    """That the machine has."""
    server_cpus: tuple[int, ...]
    generator_cpus: tuple[int, ...]
    shares_core: bool
    """Server and generator run on threads of one physical core."""
    clock_source: str | None
    governors: tuple[str, ...]
    """Of frequency, of all CPUs, each once."""
    turbo: bool | None
    quota_cpus: float | None
    """How many CPUs' time the control group may use; None: no limit."""
    open_files: int
    """The most descriptors that a process may have."""
    somaxconn: int | None
    """The longest queue of connections that wait to be accepted."""
    ports: int | None
    """From how many a connection to loopback gets its own."""


@dataclass(frozen=True, slots=True)
class IdleFacts:
    """What went on while this process slept, on the CPUs that are used."""

    length_s: float
    foreign_cpu: float
    """CPU time of others over time passed: 1 is one core."""
    steal: float
    """The share of time (0 to 1) that the host gave to other machines."""
    cpu_pressure: float | None
    """The share of time (0 to 1) in which something waited for a CPU."""
    memory_pressure: float | None
    """… in which everything waited for memory."""
    late_p50_s: float
    """How much later than asked for a short sleep ended …"""
    late_p99_s: float
