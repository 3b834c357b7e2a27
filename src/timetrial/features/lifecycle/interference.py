"""Whether the machine was there for an experiment alone: by the thresholds that trials have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from timetrial.analysis.checks.cell_context import percent
from timetrial.analysis.checks.thresholds import (
    FOREIGN_CPU,
    MEMORY_PRESSURE,
    STEAL,
    THROTTLED,
    Threshold,
)
from timetrial.model.experiment import MachineInterval
from timetrial.model.lifecycle_summary import Doubt, Figures

_T = TypeVar("_T")
TOO_LITTLE_S = 0.02
"""Two ticks of the kernel's clock: less than that may have been before, or the server's own."""


@dataclass(frozen=True, slots=True)
class Sifted(Generic[_T]):
    """Repeats that figures are made of, and what is to be said of the others."""

    used: tuple[_T, ...]
    doubt: Doubt | None


def sift(
    figures: Figures,
    repeats: Sequence[_T],
    machine_interval: Callable[[_T], MachineInterval | None],
) -> Sifted[_T]:
    """Leave out the repeats in which the machine was disturbed, if any other remains."""
    excesses = [(each, excess(machine_interval(each))) for each in repeats]
    calm = tuple(each for each, found in excesses if found is None)
    known = [found for _, found in excesses if found is not None]
    if not known:
        return Sifted(calm, None)
    worst = max(known, key=lambda found: found.times)
    doubt = Doubt(
        figures=figures,
        disturbed=len(known),
        repeats=len(repeats),
        left_out=len(known) if calm else 0,
        reason=worst.reason,
        times=round(worst.times, 2),
    )
    return Sifted(calm or tuple(repeats), doubt)


@dataclass(frozen=True, slots=True)
class Excess:
    """What went furthest beyond its threshold."""

    times: float
    """Of the threshold."""
    reason: str


def excess(machine_interval: MachineInterval | None) -> Excess | None:
    """Find by what the machine was disturbed most; None: by nothing, or nothing is known."""
    if machine_interval is None:
        return None
    machine = machine_interval.machine
    cpu_s = machine.passed_s * machine.measured_cpus
    found = (
        _over(FOREIGN_CPU, machine_interval.foreign_cpu_s, machine_interval.seen_s,
              "strangers took {} of a core from the server's"),
        _over(STEAL, machine.steal_s, cpu_s, "the hypervisor gave {} of the CPU time to others"),
        _over(THROTTLED, machine.throttled_s, machine.passed_s,
              "a CPU quota held everything back for {} of the time"),
        _over(MEMORY_PRESSURE, machine.memory_pressure_s, machine.passed_s,
              "processes waited for memory for {} of the time"),
    )  # fmt: skip
    return max(filter(None, found), key=lambda each: each.times, default=None)


def _over(gate: Threshold, part_s: float | None, whole_s: float, says: str) -> Excess | None:
    if part_s is None or part_s < TOO_LITTLE_S or whole_s <= 0 or gate.doubtful is None:
        return None
    share = part_s / whole_s
    if gate.judge(share) is None:
        return None
    return Excess(share / gate.doubtful, says.format(percent(share)))
