"""What a machine says of itself, as far as figures depend on it."""

from __future__ import annotations

from dataclasses import dataclass


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
