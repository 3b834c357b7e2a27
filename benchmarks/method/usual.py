"""What the usual designs would have said: one run of 15 s each, and the best of three. Pure.

Both compare runs that follow each other, each of a fresh server. The one run has its seconds for
replicates, as the spread that load generators print has; of the best of three only the figure is
looked at, and a difference of more than 1 % is taken for one.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from resampling import Share
from timetrial.analysis.statistics.mean_inference import CONFIDENCE
from timetrial.analysis.statistics.t_distribution import quantile
from trials import POWER

Seconds = Sequence[int]
"""Completions of each second of a run."""
MATTERS = math.log(1.01)
_BEST_OF = 3
_STEPS = 2_000
_LARGEST = 1.0


@dataclass(frozen=True, slots=True)
class Said:
    """A log ratio and the half-width of what is believed of it."""

    log: float
    half_width: float

    @property
    def differs(self) -> bool:
        return abs(self.log) > self.half_width

    def finds(self, by: float) -> bool:
        """Whether a difference of so much would have been seen, and the right way round."""
        return self.log + by > self.half_width


def one_run_each(runs: Sequence[Seconds]) -> list[Said]:
    """Compare each run with the next, by their seconds (Welch's interval)."""
    logs = [[math.log(count) for count in run if count] for run in runs]
    usable = [run for run in logs if len(run) > 1]
    return [_welch(one, other) for one, other in itertools.pairwise(usable)]


def best_of_three(runs: Sequence[Seconds]) -> list[Said]:
    """Compare the best of three runs, of a third of the time each, with the best of the next."""
    totals = [sum(run[: max(1, len(run) // _BEST_OF)]) for run in runs]
    found = []
    for first in range(len(totals) - 2 * _BEST_OF + 1):
        one = max(totals[first : first + _BEST_OF])
        other = max(totals[first + _BEST_OF : first + 2 * _BEST_OF])
        if one and other:
            found.append(Said(math.log(other / one), MATTERS))
    return found


def false_alarms(said: Sequence[Said]) -> Share | None:
    return Share(sum(each.differs for each in said), len(said)) if said else None


def coverage(said: Sequence[Said]) -> Share | None:
    """Count intervals that hold the truth, which is that nothing differs."""
    return Share(sum(not each.differs for each in said), len(said)) if said else None


def smallest_found(said: Sequence[Said]) -> float | None:
    """Return the smallest share by which one may differ that is found in 80 % of the cases."""
    if not said:
        return None
    for step in range(1, _STEPS + 1):
        by = _LARGEST * step / _STEPS
        if sum(each.finds(by) for each in said) >= POWER * len(said):
            return math.expm1(by)
    return math.inf


def _welch(one: Sequence[float], other: Sequence[float]) -> Said:
    errors = [statistics.variance(run) / len(run) for run in (one, other)]
    log = statistics.fmean(other) - statistics.fmean(one)
    if not sum(errors):
        return Said(log, 0.0)
    degrees_of_freedom = sum(errors) ** 2 / sum(
        error**2 / (len(run) - 1) for error, run in zip(errors, (one, other), strict=True)
    )
    return Said(log, quantile(max(1, int(degrees_of_freedom)), CONFIDENCE) * math.sqrt(sum(errors)))
