"""Capacity per core: what a server answers with one CPU to itself, from its CPU time per request.

Where a server keeps its CPUs busy, its throughput is what CPU time it had, divided by CPU time per
request. The second alone is the server's: CPU steal and other processes are in the first. Where it
does not, something else than CPU time limits it, and its capacity per core says little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from timetrial.analysis.checks.cell_context import span_s
from timetrial.analysis.checks.worker_imbalance import busiest_share, is_unbalanced
from timetrial.model import Estimate, Measurement, Missing

BUSY_FROM = 0.90
"""Share of the CPU time that it could get, from which on a server kept its CPUs busy."""

IdleReason = Literal["idle workers", "lock", "waiting"]
"""Why CPUs of a loaded server are idle: one worker does the work of several; its workers run one
thread at a time, and there are more CPUs than workers; or it waits for something else."""


@dataclass(frozen=True, slots=True)
class PerCore:
    """One server's capacity per core."""

    stack: str
    requests_per_s: Estimate
    """Correct responses a second of CPU time."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Throughput and capacity per core differ significantly, and in opposite directions."""

    faster: str
    """By throughput."""
    cheaper: str
    """By CPU time per request."""
    throughput: Estimate
    """`faster` over `cheaper`."""
    per_core: Estimate
    """`cheaper` over `faster`, in capacity per core."""
    reason: IdleReason | None
    """Why `cheaper` answers less than its CPU time would allow; None where its CPUs were busy."""
    busy: float | None
    """The share of its CPUs' time that it used."""


def capacity_per_core(cpu_s_per_1000: Estimate | Missing) -> Estimate | None:
    if isinstance(cpu_s_per_1000, Missing):
        return None
    s = cpu_s_per_1000
    low, high = (None if bound is None else 1000 / bound for bound in (s.high, s.low))
    return Estimate(1000 / s.value, low, high, s.rounds)


def is_busy(measurements: Sequence[Measurement], workers: int) -> bool:
    share = busy_share(measurements, workers)
    return share is not None and share >= BUSY_FROM


def busy_share(measurements: Iterable[Measurement], workers: int | None = None) -> float | None:
    """Return the CPU time that a server used, as a share of what it could get; None: unknown.

    It could get its CPUs' time but for steal and other processes; with fewer `workers` than CPUs,
    which run one thread at a time, that share of it.
    """
    parts = [part for m in measurements for part in _parts(m, workers)]
    could_s = sum(could_s for _, could_s in parts)
    return min(1.0, sum(used_s for used_s, _ in parts) / could_s) if could_s > 0 else None


def idle_reason(measurements: Sequence[Measurement], workers: int) -> IdleReason | None:
    """Say why a server's CPUs were idle; None where they were busy, or nothing is known."""
    busy = busy_share(measurements)
    if busy is None or busy >= BUSY_FROM:
        return None
    shares = [share for m in measurements if (share := busiest_share(m)) is not None]
    if is_unbalanced(measurements, workers, shares):
        return "idle workers"
    return "lock" if is_busy(measurements, workers) else "waiting"


def _parts(measurement: Measurement, workers: int | None) -> Iterator[tuple[float, float]]:
    """Yield used and available CPU time of each window."""
    conditions = measurement.surroundings
    if conditions is None or not conditions.server_cpus:
        return
    cpus = len(conditions.server_cpus)
    able = cpus if workers is None else min(workers, cpus)
    stolen = (conditions.steal_s or 0.0) / max(
        conditions.passed_s * conditions.measured_cpus, conditions.steal_s or 0.0, 1e-9
    )
    for window in measurement.windows:
        if window.server_cpu_s is not None:
            free_s = span_s(window) * cpus * (1 - stolen) - (window.foreign_cpu_s or 0.0)
            yield window.server_cpu_s, max(0.0, free_s) * able / cpus
