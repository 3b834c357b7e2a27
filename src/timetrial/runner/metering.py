"""Reads, around each window of a trial, the CPU time of the server and the state of the machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from timetrial.machine import run_queue
from timetrial.machine.machine_meter import (
    MachineMeter,
    MachineReading,
    affinity,
    foreign_cpu_s,
)
from timetrial.machine.machine_settings import clock_source
from timetrial.machine.speed_probe import SpeedProbe
from timetrial.model import (
    MachineConditions,
    ProbeRefusal,
    ProcessStamp,
    ProcessUse,
    Speed,
    seconds,
)
from timetrial.runner.starter import LiveStack
from timetrial.stacks import sampler

_DIGITS = re.compile(r"\d+")
_LOG_SAMPLE_BYTES = 64 * 1024
_LINE_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class WindowCost:
    """The costs of one window, in CPU seconds; see `measurement.Window`."""

    server_cpu_s: float | None
    server_wait_s: float | None
    foreign_cpu_s: float | None
    alone: bool = True
    """Whether no other stack was loaded: else other processes cannot be told from the stacks."""
    speed: Speed | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    machine: MachineReading
    waits: run_queue.Waits | None
    cpu: sampler.CpuReading
    log_bytes: int | None


class TrialMeter:
    """Reads while the stack is idle: before each lead-in, and after each drain."""

    def __init__(
        self,
        running: LiveStack,
        generator_cpus: Sequence[int],
        probe: SpeedProbe | None = None,
        *,
        alone: bool = True,
    ) -> None:
        self._alone = alone
        self._probe = probe
        self._launch = running.launch
        self._generator_cpus = generator_cpus
        self._cpu = sampler.CpuMeter(running)
        self._machine = MachineMeter(self._launch.cpus, generator_cpus)
        self._before: _Reading | None = None
        self._spans: list[tuple[_Reading, _Reading]] = []

    def begin(self) -> None:
        self._before = self._read()
        if self._probe is not None and self._alone:
            self._probe.begin()

    def end(self) -> WindowCost:
        """Close what `begin` opened."""
        read = self._probe.end(self._launch.cpus) if self._probe and self._alone else None
        # So that a process that started during the window is counted.
        self._cpu.refresh()
        before, after = self._before or self._read(), self._read()
        self._spans.append((before, after))
        cpu_s = sampler.difference(before.cpu, after.cpu)
        if not self._alone:
            return WindowCost(cpu_s, None, None, alone=False)
        probe_s = 0.0 if read is None else read.cpu_s
        known_s = None if cpu_s is None else cpu_s + probe_s
        return WindowCost(
            cpu_s,
            run_queue.waited_s(before.waits, after.waits),
            foreign_cpu_s(before.machine, after.machine, known_s, len(self._launch.cpus)),
            speed=None if read is None else read.speed,
        )

    def forget(self) -> None:
        """Drop what `end` closed last: the window does not count."""
        self._spans.pop()

    def uses(self) -> tuple[ProcessUse, ...]:
        """Return CPU seconds by process, of processes that lived from begin to end of a window."""
        used_ns: dict[ProcessStamp, int] = {}
        for before, after in self._spans:
            began = dict(before.cpu.clocks)
            for stamp, clock_ns in after.cpu.clocks:
                began_ns = began.get(stamp)
                if clock_ns is not None and began_ns is not None:
                    used_ns[stamp] = used_ns.get(stamp, 0) + clock_ns - began_ns
        return tuple(
            ProcessUse(stamp, seconds(used_ns[stamp]), affinity(stamp.pid))
            for stamp in sorted(used_ns)
        )

    def surroundings(self) -> MachineConditions:
        spans = [(before.machine, after.machine) for before, after in self._spans]
        return MachineConditions(
            passed_s=seconds(sum(after.at_ns - before.at_ns for before, after in spans)),
            server_cpus=tuple(sorted(self._launch.cpus)),
            measured_cpus=len({*self._launch.cpus, *self._generator_cpus}),
            steal_s=_added([(b.steal_s, a.steal_s) for b, a in spans]),
            throttled_s=_added([(b.throttled_s, a.throttled_s) for b, a in spans]),
            memory_pressure_s=_added(
                [(b.memory_pressure_s, a.memory_pressure_s) for b, a in spans]
            ),
            io_pressure_s=_added([(b.io_pressure_s, a.io_pressure_s) for b, a in spans]),
            clock_source=clock_source() or "",
            probe_refusal=self._probe_refusal(),
        )

    def _probe_refusal(self) -> ProbeRefusal | None:
        if self._probe is None:
            return None
        return self._probe.refusal if self._alone else "loaded-together"

    def log_bytes(self) -> int | None:
        grown = _added([(before.log_bytes, after.log_bytes) for before, after in self._spans])
        return None if grown is None else round(grown)

    def log_line(self) -> str:
        """Return a line of the most frequent kind in the last window that the server wrote in."""
        spans = ((before.log_bytes, after.log_bytes) for before, after in reversed(self._spans))
        for begin, end in spans:
            if begin is not None and end is not None and end > begin:
                size = min(end - begin, _LOG_SAMPLE_BYTES)
                return self._launch.without_passwords(
                    usual_line(_part(self._launch.log, begin, size))
                )
        return ""

    def _read(self) -> _Reading:
        return _Reading(
            self._machine.read(),
            run_queue.waits(stamp.pid for stamp in self._cpu.processes),
            self._cpu.read(),
            _size(self._launch.log),
        )


def usual_line(log: str) -> str:
    """Return the first line of the most frequent kind: lines that differ in digits are alike."""
    kinds: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, log.splitlines())):
        kinds.setdefault(_DIGITS.sub("0", line), []).append(line)
    return max(kinds.values(), key=len)[0][:_LINE_CHARACTERS] if kinds else ""


def _part(file: Path, begin: int, size: int) -> str:
    try:
        with file.open("rb") as log:
            log.seek(begin)
            return log.read(size).decode(errors="replace")
    except OSError:
        return ""


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None


def _added(ends: Sequence[tuple[float | None, float | None]]) -> float | None:
    """Add up differences; None if one of their ends is not known."""
    differences = [
        after - before for before, after in ends if before is not None and after is not None
    ]
    return sum(differences) if differences and len(differences) == len(ends) else None
