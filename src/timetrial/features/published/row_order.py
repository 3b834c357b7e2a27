"""Which of two published rows was faster, if their figures decide it.

Two published figures of the same row differ by noise: the least that a difference must be.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from timetrial.features.published.detectors import judge
from timetrial.features.published.detectors.throughput import (
    CLIENT_CEILING,
    COUNTED_FAILURES,
    in_time_per_s,
)
from timetrial.features.published.row import JudgedRow, PublishedRow, distinct
from timetrial.model import significant


@dataclass(frozen=True, slots=True)
class Noise:
    """The largest difference between two runs of one row."""

    ratio: float
    """The higher throughput over the lower one; 1 where no row was measured twice."""
    suite: str | None
    """The suite of the rows: another one, where the collection has no such pair itself."""

    def covers(self, ratio: float) -> bool:
        """Say whether two figures of that ratio could be of the same row."""
        larger = max(ratio, 1 / ratio)
        return larger < self.ratio or math.isclose(larger, self.ratio)


def rerun_noise(rows: Sequence[PublishedRow], elsewhere: Iterable[PublishedRow] = ()) -> Noise:
    """Find the noise among the rows of a collection, or else among those of others."""
    return _largest(rows) or _largest(tuple(elsewhere)) or Noise(1.0, None)


def _largest(rows: Sequence[PublishedRow]) -> Noise | None:
    sound = [
        judged.row
        for judged in judge(distinct(tuple(rows)))
        if not judged.is_void("throughput") and judged.row.requests_per_s > 0
    ]
    pairs = [
        Noise(max(a, b) / min(a, b), one.suite)
        for one, other in itertools.combinations(sound, 2)
        if one.reruns(other)
        for a, b in ((one.requests_per_s, other.requests_per_s),)
    ]
    return max(pairs, key=lambda noise: noise.ratio, default=None)


WITHIN_NOISE = "within-noise"

Heading = Literal["higher", "lower", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Direction:
    """One row's throughput against the other's."""

    heading: Heading
    ratio: float | None
    """One over other; None where either figure is void."""
    why: str
    """A clause: the evidence, or why there is no direction."""
    reasons: tuple[str, ...] = ()
    """Why there is no direction or no ratio: names of caveats, or WITHIN_NOISE."""


def direction(one: JudgedRow, other: JudgedRow, noise: Noise) -> Direction:
    """Compare two rows of one document by the bounds of their throughput."""
    first, second = bounds(one), bounds(other)
    if first is None or second is None:
        return _cannot_tell([row for row in (one, other) if bounds(row) is None])
    bounded = [row for row, its in ((one, first), (other, second)) if not its.known]
    ratio = None if bounded else first.low / second.low
    least, most = _over(first.low, second.high), _over(first.high, second.low)
    if least > 1 and not noise.covers(least):
        return Direction("higher", ratio, _times(ratio, "at least", least), _voiding(bounded))
    if most < 1 and not noise.covers(most):
        return Direction("lower", ratio, _times(ratio, "at most", most), _voiding(bounded))
    if ratio is None:
        return _cannot_tell(bounded)
    apart = 100 * (max(ratio, 1 / ratio) - 1)
    rerun = 100 * (noise.ratio - 1)
    why = f"they are {apart:.2g} % apart, and two runs of one row {rerun:.2g} %"
    return Direction("cannot tell", ratio, why, (WITHIN_NOISE,))


def _over(one: float, other: float) -> float:
    """Divide bounds; a ratio to zero may be any."""
    return one / other if other else math.inf


def _times(ratio: float | None, bound: str, value: float) -> str:
    return f"{significant(value)} times" if ratio is not None else f"{bound} {value:.3g} times"


def _cannot_tell(void: list[JudgedRow]) -> Direction:
    clauses = [f"{row.row.name} ({', '.join(row.against('throughput'))})" for row in void]
    verb = "is" if len(void) == 1 else "are"
    why = f"{' and '.join(clauses)} {verb} void"
    return Direction("cannot tell", None, why, _voiding(void))


def _voiding(rows: list[JudgedRow]) -> tuple[str, ...]:
    names = [name for row in rows for name in row.against("throughput")]
    return tuple(dict.fromkeys(names))


BOUNDING = frozenset({CLIENT_CEILING, COUNTED_FAILURES})


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and the highest possible throughput, in requests a second."""

    low: float
    high: float

    @property
    def known(self) -> bool:
        """Say whether it is one figure."""
        return self.low == self.high


def bounds(judged: JudgedRow) -> Bounds | None:
    """Bound a row's throughput; None where its figure has no bound.

    At the ceiling of the client a server could have been faster, never slower. Where failures are
    counted, the responses in time are the lower bound, and the printed figure is the upper one.
    """
    voided_by = set(judged.against("throughput"))
    printed = judged.row.requests_per_s
    if voided_by - BOUNDING or printed <= 0:
        return None
    counted = COUNTED_FAILURES in voided_by
    low = in_time_per_s(judged.row) if counted else printed
    return Bounds(low, math.inf if CLIENT_CEILING in voided_by else printed)
