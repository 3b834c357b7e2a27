"""One worker does the work of several: the others are idle."""

from __future__ import annotations

import statistics

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import IMBALANCE
from timetrial.model import Finding, Measurement

CPU_FROM_S = 0.05
"""Least CPU time of all processes in a round for a judgement."""


def find(context: CellContext) -> Finding | None:
    workers = context.workers
    # With fewer processes than declared workers, workers are not processes.
    forked = [m for m in context.measurements if len(m.uses) >= workers]
    shares = [share for m in forked if (share := _busiest(m)) is not None]
    if workers < 2 or not shares:  # noqa: PLR2004 - one worker shares with none
        return None
    typical = statistics.median(shares)
    if typical <= allowed_share(workers):
        return None
    return context.finding(
        IMBALANCE.name,
        "doubtful",
        f"the busiest of {workers} workers took {percent(typical)} of the server's CPU time, where "
        f"a fair share is {percent(1 / workers)}: the others hardly worked.",
    )


def allowed_share(workers: int) -> float:
    """Return the largest allowed share of a worker: twice a fair share; of two, three quarters."""
    fair = 1 / workers
    return min((IMBALANCE.doubtful or 0) * fair, (1 + fair) / 2)


def _busiest(measurement: Measurement) -> float | None:
    used_s = [use.cpu_s for use in measurement.uses]
    whole_s = sum(used_s)
    return max(used_s) / whole_s if whole_s >= CPU_FROM_S else None
