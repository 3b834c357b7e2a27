"""A machine that was shared with other work: its figures against thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from timetrial.analysis.checks.cell_context import CellContext, percent, span_s
from timetrial.analysis.checks.lasting import lasting_s
from timetrial.analysis.checks.threshold import Threshold
from timetrial.analysis.checks.thresholds import (
    FOREIGN_CPU,
    IO_PRESSURE,
    MEMORY_PRESSURE,
    STEAL,
    THROTTLED,
)
from timetrial.model import Finding, MachineConditions, Measurement

FROM_S = 0.5
"""Shortest total time for a figure of other processes: the kernel's clock ticks every 10 ms."""

Reading = Callable[[Iterable[Measurement]], float | None]


def steal(measurements: Iterable[Measurement]) -> float | None:
    """Return stolen CPU time as a share of the measured CPUs' time; None: unknown."""
    known = [(s.steal_s, s.passed_s * s.measured_cpus) for s in _conditions(measurements)]
    return _share(known)


def lasting_steal(measurements: Iterable[Measurement]) -> float | None:
    """Return the same less a moment of the round in which most was stolen.

    The kernel counts steal in ticks of 10 ms: two of them would be several per cent of a round.
    """
    known = [
        (s.steal_s, s.passed_s * s.measured_cpus)
        for s in _conditions(measurements)
        if s.steal_s is not None
    ]
    total_s = sum(cpus_s for _, cpus_s in known)
    return lasting_s([stolen_s for stolen_s, _ in known]) / total_s if total_s else None


def throttled(measurements: Iterable[Measurement]) -> float | None:
    return _share((s.throttled_s, s.passed_s) for s in _conditions(measurements))


def memory_pressure(measurements: Iterable[Measurement]) -> float | None:
    return _share((s.memory_pressure_s, s.passed_s) for s in _conditions(measurements))


def io_pressure(measurements: Iterable[Measurement]) -> float | None:
    return _share((s.io_pressure_s, s.passed_s) for s in _conditions(measurements))


def foreign_cpu(measurements: Iterable[Measurement]) -> float | None:
    """Return the CPU time of other processes on the server's CPUs, in CPUs; None: unknown."""
    windows = [window for measurement in measurements for window in measurement.windows]
    known = [(w.foreign_cpu_s, span_s(w)) for w in windows if w.foreign_cpu_s is not None]
    if sum(passed_s for _, passed_s in known) < FROM_S:
        return None
    return _share(known)


@dataclass(frozen=True, slots=True)
class Simple:
    """A check of one figure."""

    threshold: Threshold
    read: Reading
    says: str
    """The evidence; `{}` is replaced by the figure."""
    judged: Reading | None = None
    """What is put to the threshold, if not the figure itself."""

    def find(self, context: CellContext) -> Finding | None:
        value = self.read(context.measurements)
        judged = value if self.judged is None else self.judged(context.measurements)
        severity = None if judged is None else self.threshold.judge(judged)
        if value is None or severity is None:
            return None
        return context.finding(self.threshold.name, severity, self.says.format(percent(value)))


FOREIGN = Simple(FOREIGN_CPU, foreign_cpu, "other processes took {} of a core from the server's.")
STOLEN = Simple(
    STEAL,
    steal,
    "the hypervisor gave {} of the CPU time to other machines (CPU steal).",
    lasting_steal,
)
HELD_BACK = Simple(
    THROTTLED,
    throttled,
    "a CPU quota held everything back for {} of the time: what was measured is the quota.",
)
SHORT_OF_MEMORY = Simple(
    MEMORY_PRESSURE, memory_pressure, "processes waited for memory for {} of the time."
)
BUSY_DISKS = Simple(IO_PRESSURE, io_pressure, "processes waited for disks for {} of the time.")

SIMPLE: tuple[Simple, ...] = (FOREIGN, STOLEN, HELD_BACK, SHORT_OF_MEMORY, BUSY_DISKS)


def _conditions(measurements: Iterable[Measurement]) -> Iterator[MachineConditions]:
    return (m.surroundings for m in measurements if m.surroundings is not None)


def _share(parts: Iterable[tuple[float | None, float]]) -> float | None:
    known = [(part, whole) for part, whole in parts if part is not None]
    total = sum(whole for _, whole in known)
    return sum(part for part, _ in known) / total if total else None
