"""The machine during an experiment: what other processes take of the server's CPUs, and more."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

from timetrial.machine.machine_meter import (
    EXACT_FROM_S,
    MachineMeter,
    MachineReading,
    foreign_cpu_s,
)
from timetrial.model import MachineConditions, MachineInterval, seconds
from timetrial.stacks import sampler
from timetrial.stacks.process import RunningStack

LOOK_EVERY_S = 0.05
"""CPU time of a process that ends is lost since the last reading: so often it is read."""


@dataclass(frozen=True, slots=True)
class _Reading:
    machine: MachineReading
    cpu: sampler.CpuReading


class InterferenceMeter:
    """Reads the CPU time of the stack and of the machine while the stack runs."""

    def __init__(
        self, running: RunningStack, server_cpus: Collection[int], generator_cpus: Collection[int]
    ) -> None:
        self._cpu = sampler.CpuMeter(running)
        self._meter = MachineMeter(server_cpus, generator_cpus)
        self._server_cpus = tuple(sorted(server_cpus))
        self._measured_cpus = len({*server_cpus, *generator_cpus})
        self._first = self._last = self._read()
        self._ran_s = self._own_s = self._seen_s = 0.0

    def look(self) -> None:
        """Read if the last reading is old enough; call this often."""
        every_s = LOOK_EVERY_S if self._last.machine.is_exact else EXACT_FROM_S
        if self._last.cpu.clocks and _passed_s(self._last.machine) >= every_s:
            self._add(self._read())

    def machine_interval(self) -> MachineInterval:
        """Sum up the readings so far."""
        if self._last.cpu.clocks:
            self._add(self._read())
        foreign_s = max(0.0, self._ran_s - self._own_s) if self._seen_s else None
        machine = surroundings(
            self._first.machine, self._last.machine, self._server_cpus, self._measured_cpus
        )
        return MachineInterval(machine, foreign_s, round(self._seen_s, 4))

    def _add(self, now: _Reading) -> None:
        before, self._last = self._last, now
        ran_s = foreign_cpu_s(before.machine, now.machine, 0.0, len(self._server_cpus))
        own_s = _used_s(before.cpu, now.cpu)
        if ran_s is None or own_s is None:
            return
        self._ran_s += ran_s
        self._own_s += own_s
        self._seen_s += seconds(now.machine.at_ns - before.machine.at_ns)

    def _read(self) -> _Reading:
        self._cpu.refresh()
        return _Reading(self._meter.read(), self._cpu.read())


class StartupMeter:
    """Reads the machine from before a start to the first response."""

    def __init__(self, server_cpus: Collection[int], generator_cpus: Collection[int]) -> None:
        self._meter = MachineMeter(server_cpus, generator_cpus)
        self._server_cpus = tuple(sorted(server_cpus))
        self._measured_cpus = len({*server_cpus, *generator_cpus})
        self._before = self._meter.read()

    def machine_interval(self, running: RunningStack) -> MachineInterval:
        own_s = sampler.cpu_s_so_far(running.processes())
        after = self._meter.read()
        foreign_s = foreign_cpu_s(self._before, after, own_s, len(self._server_cpus))
        machine = surroundings(self._before, after, self._server_cpus, self._measured_cpus)
        return MachineInterval(machine, foreign_s, 0.0 if foreign_s is None else machine.passed_s)


def surroundings(
    before: MachineReading, after: MachineReading, server_cpus: tuple[int, ...], measured_cpus: int
) -> MachineConditions:
    return MachineConditions(
        passed_s=round(seconds(after.at_ns - before.at_ns), 4),
        server_cpus=server_cpus,
        measured_cpus=measured_cpus,
        steal_s=_since(before.steal_s, after.steal_s),
        throttled_s=_since(before.throttled_s, after.throttled_s),
        memory_pressure_s=_since(before.memory_pressure_s, after.memory_pressure_s),
        io_pressure_s=_since(before.io_pressure_s, after.io_pressure_s),
    )


def _used_s(before: sampler.CpuReading, after: sampler.CpuReading) -> float | None:
    """Return the CPU seconds of a process tree; None if a process has ended in between."""
    began, used_ns = dict(before.clocks), 0
    if not began.keys() <= {stamp for stamp, _ in after.clocks}:
        return None
    for stamp, clock_ns in after.clocks:
        if clock_ns is None:
            return None
        used_ns += clock_ns - (began.get(stamp) or 0)
    return seconds(used_ns)


def _passed_s(since: MachineReading) -> float:
    return seconds(time.monotonic_ns() - since.at_ns)


def _since(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else round(after - before, 6)
