"""The state of a machine before a run, and whether the machine is fit to be measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fit = Literal["ok", "doubtful", "unfit"]


@dataclass(frozen=True, slots=True)
class MachineCheck:
    """One property of the machine, and its consequence for figures taken there."""

    name: str
    """For example 'other processes'."""
    judged: Fit
    said: str
    """The observation, as a clause: '12 % of a core went to other processes'."""
    remedy: str = ""
    """What to do about it, as an imperative clause; '' where no action is needed."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Throughput of the load engine against a server that answers at once, under a closed load."""

    connections: int
    pipeline: int
    per_s: float
    """Responses a second."""


@dataclass(frozen=True, slots=True)
class MachineChecks:
    """The state of the machine at the start of a run."""

    checks: tuple[MachineCheck, ...]
    ceilings: tuple[Ceiling, ...] = ()

    @property
    def doubts(self) -> tuple[MachineCheck, ...]:
        return tuple(check for check in self.checks if check.judged != "ok")

    def ceiling_per_s(self, connections: int, pipeline: int) -> float | None:
        """Look up the ceiling of a closed load; None where it was not measured."""
        matching = (
            c for c in self.ceilings if (c.connections, c.pipeline) == (connections, pipeline)
        )
        return next((ceiling.per_s for ceiling in matching), None)


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """Settings and limits; None, or empty, where the system does not show them."""

    cpus: int
    """CPUs of the machine."""
    server_cpus: tuple[int, ...]
    generator_cpus: tuple[int, ...]
    shares_core: bool
    """Whether server and generator run on threads of one physical core."""
    clock_source: str | None
    governors: tuple[str, ...]
    """Frequency governors of all CPUs, without duplicates."""
    turbo: bool | None
    quota_cpus: float | None
    """CPUs that the control group may use; None: no limit."""
    open_files: int
    """Limit of file descriptors for each process."""
    somaxconn: int | None
    """Limit of connections that wait to be accepted."""
    ports: int | None
    """Number of local ports for connections to loopback."""


@dataclass(frozen=True, slots=True)
class IdleFacts:
    """Activity on the used CPUs while this process slept."""

    length_s: float
    foreign_cpu: float
    """CPU time of other processes over elapsed time: 1 is one core."""
    steal: float
    """Share of time (0 to 1) that the host gave to other machines."""
    cpu_pressure: float | None
    """Share of time (0 to 1) in which some process waited for a CPU."""
    memory_pressure: float | None
    """Share of time (0 to 1) in which all processes waited for memory."""
    late_p50_s: float
    """Median lateness of the end of a short sleep."""
    late_p99_s: float
