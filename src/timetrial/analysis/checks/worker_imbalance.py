"""One worker does the work of several, and CPUs that the others could use are idle."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import IMBALANCE
from timetrial.model import Finding, Measurement

CPU_FROM_S = 0.05
"""Least CPU time of all processes in a round for a judgement."""


def find(context: CellContext) -> Finding | None:
    workers = context.workers
    # With fewer processes than declared workers, workers are not processes.
    forked = [m for m in context.measurements if len(m.uses) >= workers]
    shares = [share for m in forked if (share := busiest_share(m)) is not None]
    if not is_unbalanced(forked, workers, shares):
        return None
    able, typical = able_at_once(forked, workers), statistics.median(shares)
    others = "the others hardly worked"
    if able < workers:
        others = f"the others hardly used what they could of {able} CPUs"
    return context.finding(
        IMBALANCE.name,
        "doubtful",
        f"the busiest of {workers} workers took {percent(typical)} of the server's CPU time, where "
        f"a fair share is {percent(1 / workers)}: {others}.",
    )


def is_unbalanced(
    measurements: Sequence[Measurement], workers: int, shares: Sequence[float]
) -> bool:
    """Return whether CPUs stayed idle for workers that did not work, by the busiest's shares."""
    able = able_at_once(measurements, workers)
    if able < 2 or not shares:  # noqa: PLR2004 - one worker, or one CPU, shares with none
        return False
    return statistics.median(shares) > allowed_share(able)


def able_at_once(measurements: Sequence[Measurement], workers: int) -> int:
    """Count the workers that can run at the same time."""
    return min([workers, *map(_cpus, measurements)])


def allowed_share(workers: int) -> float:
    """Return the largest allowed share of a worker: twice a fair share; of two, three quarters.

    `workers` are those that can run at the same time. Which of the workers of one CPU runs is up
    to the scheduler, and no CPU is idle for it.
    """
    fair = 1 / workers
    return min((IMBALANCE.doubtful or 0) * fair, (1 + fair) / 2)


def _cpus(measurement: Measurement) -> int:
    """Count the CPUs that workers could run on: no more of them can work at the same time."""
    used = {cpu for use in measurement.uses for cpu in use.cpus}
    planned = measurement.surroundings.server_cpus if measurement.surroundings else ()
    return len(used) or len(planned) or len(measurement.uses)


def busiest_share(measurement: Measurement) -> float | None:
    """Return the busiest worker's share of the server's CPU time; None where that is too short."""
    used_s = [use.cpu_s for use in measurement.uses]
    whole_s = sum(used_s)
    return max(used_s) / whole_s if whole_s >= CPU_FROM_S else None
