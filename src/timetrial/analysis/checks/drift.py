"""Throughput that changes within a round: the figure depends on the length of measuring."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import DRIFT
from timetrial.analysis.checks.trend_tests import trend_p
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.analysis.statistics.mean_inference import ROUNDS_FOR_INTERVAL, centre
from timetrial.model import Finding, Measurement, OpenLoad

P_BELOW = 0.01
P_INVALID_BELOW = 0.001
PARTS_FROM = 4
"""Fewest parts of a round: two in each half."""
BINS_FROM = 20
"""Tenths of a second from which on a trial is tested by itself."""
_MOST_BINS = 60


def find(context: CellContext) -> Finding | None:
    if isinstance(context.benchmark.load, OpenLoad):  # the rate sets the throughput
        return None
    in_rounds = map(_parts, context.measurements)
    sequences = [parts for parts in in_rounds if len(parts) >= PARTS_FROM]
    changes = [change for parts in sequences if (change := _change(parts)) is not None]
    if not changes:
        return None
    mean, p = statistics.fmean(changes), _p(changes, sequences)
    size = abs(math.expm1(mean))
    severity = DRIFT.judge(size)
    if severity is None or p >= P_BELOW:
        return None
    if p >= P_INVALID_BELOW:
        severity = "doubtful"
    return context.finding(
        DRIFT.name,
        severity,
        f"throughput {'rose' if mean > 0 else 'fell'} by {percent(size)} from the first half to "
        f"the second of what was measured in a round (p = {p:.1g}): the figure depends on how long "
        f"is measured.",
    )


def _parts(measurement: Measurement) -> list[float]:
    """Cut a round's measurement into consecutive parts: windows, or tenths of seconds."""
    windows = sorted(measurement.windows, key=lambda window: window.index)
    bins = [float(count) for window in windows for count in window.series]
    if len(bins) >= BINS_FROM:
        return _coarser(bins)
    return [window_throughput([window]) for window in windows]


def _coarser(bins: Sequence[float]) -> list[float]:
    step = -(-len(bins) // _MOST_BINS)
    return [math.fsum(bins[i : i + step]) for i in range(0, len(bins) - step + 1, step)]


def _change(parts: Sequence[float]) -> float | None:
    half = len(parts) // 2
    first, second = math.fsum(parts[:half]), math.fsum(parts[-half:])
    return math.log(second / first) if first and second else None


def _p(changes: Sequence[float], sequences: Sequence[Sequence[float]]) -> float:
    """Test over rounds, or, where they are too few, each trial by itself: the largest p counts."""
    if len(changes) >= ROUNDS_FOR_INTERVAL:
        return centre(changes).p
    same_way = len({change > 0 for change in changes}) == 1
    long_enough = all(len(parts) >= BINS_FROM for parts in sequences)
    return max(map(trend_p, sequences)) if same_way and long_enough else 1.0
