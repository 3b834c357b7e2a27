"""Whether a stack was steady at the end of its warm-up. Pure functions.

A stack is steady after its last change of level. Change points of CPU time per request and of
throughput separate the levels (in a closed loop the mean response time is connections over
throughput, and needs no separate test). The warm-up must be 1.5 times as long as the time to the
last change.
"""

from __future__ import annotations

import functools
import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from timetrial.analysis.statistics.change_points import SHORTEST_SEGMENT, change_points
from timetrial.model import WarmUpSeries

FEWEST_STRETCHES = 8
"""Fewest stretches for a judgement."""
LEAST_COMPLETIONS = 20
"""Fewest mean completions of a stretch; shorter stretches are merged."""
WAITS_IN_A_STRETCH = 2
"""Where the app waits, responses come in volleys, which a stretch must not cut."""
MARGIN = 1.5
CPU_TOLERANCE = 0.05
RATE_TOLERANCE = 0.10
"""Levels with smaller differences are equal; throughput includes the machine's noise."""


@dataclass(frozen=True, slots=True)
class Settling:
    """The start of the last level, and whether it was early enough."""

    quantity: str
    """The quantity that settled last."""
    last_change_s: float
    """Time after the start of the warm-up; 0: no change."""
    length_s: float
    """Of the warm-up."""
    change: float
    """The last level over the one before it; 1: no change."""

    @property
    def spare_s(self) -> float:
        """Surplus length of the warm-up, in s; below 0: it was too short."""
        return self.length_s - MARGIN * self.last_change_s

    @property
    def steady(self) -> bool:
        return self.spare_s >= 0


@functools.lru_cache(maxsize=4096)  # a stack is judged once for each of its benchmarks
def settling(series: WarmUpSeries) -> Settling | None:
    """Return when the stack settled; None where the warm-up is too short or too slow."""
    stretches = _stretches(series)
    if len(stretches) < FEWEST_STRETCHES:
        return None
    # Half a response, so that a stretch without responses has a logarithm.
    rates = [max(0.5, stretch.completions) / stretch.length_s for stretch in stretches]
    volley = series.wait_s * len(stretches) / sum(stretch.length_s for stretch in stretches)
    settlings = [_settled("throughput", rates, stretches, max(RATE_TOLERANCE, volley))]
    costs = [
        stretch.cpu_s / stretch.completions
        for stretch in stretches
        if stretch.cpu_s and stretch.completions
    ]
    if len(costs) == len(stretches):
        settlings.append(_settled("CPU time per request", costs, stretches, CPU_TOLERANCE))
    return max(settlings, key=lambda settled: settled.last_change_s)


@dataclass(frozen=True, slots=True)
class _Stretch:
    length_s: float
    completions: int
    cpu_s: float | None


def _stretches(series: WarmUpSeries) -> list[_Stretch]:
    """Merge stretches until each can be judged; the surplus at the beginning is dropped."""
    entries = zip(series.lengths_s, series.completions, series.server_cpu_s, strict=True)
    singles = list(itertools.starmap(_Stretch, entries))
    completions = sum(series.completions)
    if not singles or not completions:
        return []
    mean_s, mean_completions = series.length_s / len(singles), completions / len(singles)
    together = math.ceil(
        max(1.0, LEAST_COMPLETIONS / mean_completions, WAITS_IN_A_STRETCH * series.wait_s / mean_s)
    )
    rest = len(singles) % together
    return [_merged(singles[i : i + together]) for i in range(rest, len(singles), together)]


def _merged(parts: Sequence[_Stretch]) -> _Stretch:
    cpu_s = [part.cpu_s for part in parts if part.cpu_s is not None]
    return _Stretch(
        sum(part.length_s for part in parts),
        sum(part.completions for part in parts),
        sum(cpu_s) if len(cpu_s) == len(parts) else None,
    )


def _settled(
    quantity: str, values: Sequence[float], stretches: Sequence[_Stretch], tolerance: float
) -> Settling:
    place, change = last_change(values, tolerance)
    lengths_s = [stretch.length_s for stretch in stretches]
    return Settling(quantity, sum(lengths_s[:place]), sum(lengths_s), change)


def last_change(values: Sequence[float], tolerance: float) -> tuple[int, float]:
    """Return the index at which the last level begins, and its ratio to the level before.

    Values are positive. Levels within `tolerance` (a share) of the last one belong to it, and so do
    excursions of a stretch or two, such as a garbage collection.
    """
    logs = [math.log(value) for value in values]
    same = math.log1p(tolerance)
    edges = [0, *change_points(logs, sd_at_least=same / 4), len(values)]
    segments = [
        (begin, statistics.fmean(logs[begin:end]))
        for begin, end in _without_excursions(list(itertools.pairwise(edges)))
    ]
    last = segments[-1][1]
    place = 0
    for begin, level in reversed(segments):
        if abs(level - last) > same:
            return place, math.exp(last - level)
        place = begin
    return 0, 1.0


def _without_excursions(segments: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Leave out the shortest segments, unless two are adjacent: then they are a slope."""
    short = [end - begin <= SHORTEST_SEGMENT for begin, end in segments]
    alone = [
        is_short and not any(short[max(0, i - 1) : i]) and not any(short[i + 1 : i + 2])
        for i, is_short in enumerate(short)
    ]
    return [segment for segment, left_out in zip(segments, alone, strict=True) if not left_out]
