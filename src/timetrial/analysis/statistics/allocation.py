"""How many windows a fresh start should have, for the least variance in a given time.

A round's difference between two stacks varies by start and by window, and each start costs time
besides its windows: with w windows a round takes c_start + w * c_window, and its mean has the
variance σ²_start + σ²_window / w. Their product is least at w* = √((c_start / c_window) *
(σ²_window / σ²_start)) (Kalibera and Jones, Rigorous benchmarking in reasonable time, ISMM 2013).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Costs:
    """What time a stack takes in a round, in s."""

    start_s: float
    """For its start, warm-up and end."""
    window_s: float
    """For a window, its lead-in and drain."""


@dataclass(frozen=True, slots=True)
class Components:
    """The variance of log ratios between starts, and between the windows of one start."""

    start: float
    window: float

    def of_mean(self, windows: float) -> float:
        """Return the variance of a round's mean over so many windows."""
        return self.start + self.window / windows

    def per_second(self, windows: float, costs: Costs) -> float:
        """Return the variance of a mean after one second: it falls with the time spent."""
        return self.of_mean(windows) * (costs.start_s + windows * costs.window_s)

    def best_windows(self, costs: Costs) -> float:
        """Return the number of windows at which that is least; infinite if starts do not vary."""
        if not self.start:
            return math.inf
        return math.sqrt(costs.start_s / costs.window_s * self.window / self.start)


RECORDED = Components(start=0.05**2, window=0.15**2)
"""Of throughput, of stacks that take turns on a quiet machine: benchmarks/method/allocation.py."""
_NEAR_THE_LEAST = 1.15
_MOST_WINDOWS = 12


def windows_per_start(costs: Costs, found: Components = RECORDED) -> int:
    """Choose how many windows follow a start: an even number, as orders are followed by reversals.

    It is the smallest that is near the optimum, which is flat: rounds are worth more than windows
    to percentiles, and the first verdict comes sooner.
    """
    numbers = range(2, _MOST_WINDOWS + 1, 2)
    least = min(found.per_second(windows, costs) for windows in numbers)
    near = (w for w in numbers if found.per_second(w, costs) <= _NEAR_THE_LEAST * least)
    return next(near)


def components(rounds: Sequence[Sequence[float]]) -> Components:
    """Estimate both from the windows' log ratios of each round, by the analysis of variance."""
    several = [windows for windows in rounds if len(windows) > 1]
    within = statistics.fmean(statistics.variance(windows) for windows in several)
    count = statistics.harmonic_mean([len(windows) for windows in several])
    between = statistics.variance(statistics.fmean(windows) for windows in several)
    return Components(max(0.0, between - within / count), within)
