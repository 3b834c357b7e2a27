"""A server that stalls now and then, which means and short windows hide."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.generator_stops import is_void
from timetrial.analysis.checks.thresholds import STALLS
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.model import Finding, VirtualUsers

STALLS_FROM = 3
SILENT_BELOW = 0.2
"""Share of the usual count in a tenth of a second."""
SLOW_BELOW = 0.5
"""Share of the usual throughput of a window."""
RESPONSES_FROM = 10
"""In a usual tenth of a second: with fewer, none may come by chance."""
_BIN_S = 0.1
_REGULAR = 0.3
"""Standard deviation of the gaps over their mean."""


def find(context: CellContext) -> Finding | None:
    if isinstance(context.benchmark.load, VirtualUsers):  # requests of virtual users come in bursts
        return None
    if any(map(is_void, context.windows())):  # the generator stood still, not the server
        return None
    trials = [window.series for window in context.windows() if window.series]
    return _in_trials(context, trials) if trials else _in_windows(context)


def _in_trials(context: CellContext, trials: Sequence[Sequence[int]]) -> Finding | None:
    bins = [count for trial in trials for count in trial]
    usual = statistics.median(bins)
    if usual < RESPONSES_FROM or context.benchmark.workload.wait_s >= _BIN_S / 2:
        return None
    silent = [[count < SILENT_BELOW * usual for count in trial] for trial in trials]
    share = sum(map(sum, silent)) / len(bins)
    begins = [_begins(trial) for trial in silent]
    stalls = sum(map(len, begins))
    severity = STALLS.judge(share)
    if severity is None or stalls < STALLS_FROM:
        return None
    length_s = sum(map(sum, silent)) * _BIN_S / stalls
    return context.finding(
        STALLS.name,
        severity,
        f"the server stood still {stalls} times in {len(trials)} trials, for about "
        f"{length_s:.1f} s each, {_how_often(begins)}: {percent(share)} of the time.",
    )


def _begins(silent: Sequence[bool]) -> list[int]:
    """List the tenths of a second in which a stall begins."""
    return [i for i, now in enumerate(silent) if now and not (i and silent[i - 1])]


def _how_often(begins: Sequence[Sequence[int]]) -> str:
    gaps = [b - a for trial in begins for a, b in itertools.pairwise(trial)]
    if len(gaps) < STALLS_FROM - 1:
        return "now and then"
    mean = statistics.fmean(gaps)
    regular = statistics.pstdev(gaps) <= _REGULAR * mean
    return f"every {mean * _BIN_S:.1f} s" if regular else "at no regular times"


def _in_windows(context: CellContext) -> Finding | None:
    benchmark = context.benchmark
    figures = [window_throughput([window]) for window in context.windows()]
    if not figures or benchmark.workload.wait_s > benchmark.window_s / RESPONSES_FROM:
        return None
    usual = statistics.median(figures)
    slow = sum(figure < SLOW_BELOW * usual for figure in figures)
    share = slow / len(figures)
    severity = STALLS.judge(share)
    if severity is None or slow < STALLS_FROM or usual * benchmark.window_s < RESPONSES_FROM:
        return None
    return context.finding(
        STALLS.name,
        severity,
        f"in {slow} of {len(figures)} windows throughput was less than half of the usual "
        f"{usual:,.0f} a second: the server stands still now and then.",
    )
