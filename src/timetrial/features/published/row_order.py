"""Which of two published rows was faster, if their figures can tell."""

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
from timetrial.model.units import significant


@dataclass(frozen=True, slots=True)
class Noise:
    """The largest difference between two runs of one row."""

    ratio: float
    """The higher throughput over the lower one; 1 where no row was ever measured twice."""
    suite: str | None
    """Whose rows it was seen in: another's, where the collection has no such pair itself."""

    def covers(self, ratio: float) -> bool:
        """Say whether two figures of that ratio could be of the same row."""
        larger = max(ratio, 1 / ratio)
        return larger < self.ratio or math.isclose(larger, self.ratio)


def rerun_noise(rows: Sequence[PublishedRow], elsewhere: Iterable[PublishedRow] = ()) -> Noise:
    """Find it among the rows of a collection, or else among those of others."""
    return _largest(rows) or _largest(tuple(elsewhere)) or Noise(1.0, None)


def _largest(rows: Sequence[PublishedRow]) -> Noise | None:
    once = distinct(tuple(rows))
    sound = [judged.row for judged in judge(once) if _counts(judged)]
    found = [
        Noise(max(a, b) / min(a, b), one.suite)
        for one, other in itertools.combinations(sound, 2)
        if one.reruns(other)
        for a, b in ((one.requests_per_s, other.requests_per_s),)
    ]
    return max(found, key=lambda noise: noise.ratio, default=None)


def _counts(judged: JudgedRow) -> bool:
    return not judged.is_void("throughput") and judged.row.requests_per_s > 0


WITHIN_NOISE = "within-noise"

Heading = Literal["higher", "lower", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Direction:
    """One row's throughput against the other's."""

    heading: Heading
    ratio: float | None
    """One over other; None where either figure is void."""
    why: str
    """In a clause: what it rests on, or why it cannot be told."""
    reasons: tuple[str, ...] = ()
    """Why it, or its ratio, cannot be told: names of doubts, or WITHIN_NOISE."""


def direction(one: JudgedRow, other: JudgedRow, noise: Noise) -> Direction:
    """Compare two rows of one document by all that their throughput can have been."""
    ours, theirs = bounds(one), bounds(other)
    if ours is None or theirs is None:
        return _cannot_tell([row for row in (one, other) if bounds(row) is None])
    ratio = ours.low / theirs.low if ours.known and theirs.known else None
    doubts = _voiding([row for row, its in ((one, ours), (other, theirs)) if not its.known])
    least, most = _over(ours.low, theirs.high), _over(ours.high, theirs.low)
    if least > 1 and not noise.covers(least):
        return Direction("higher", ratio, _times(ratio, "at least", least), doubts)
    if most < 1 and not noise.covers(most):
        return Direction("lower", ratio, _times(ratio, "at most", most), doubts)
    if ratio is not None:
        return Direction("cannot tell", ratio, _within(noise, ratio), (WITHIN_NOISE,))
    return _cannot_tell([row for row, its in ((one, ours), (other, theirs)) if not its.known])


def _over(one: float, other: float) -> float:
    """Divide bounds: nothing is known of a ratio to zero but that it may be any."""
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


def _within(noise: Noise, ratio: float) -> str:
    apart = 100 * (max(ratio, 1 / ratio) - 1)
    again = 100 * (noise.ratio - 1)
    return f"they are {apart:.2g} % apart, and two runs of one row {again:.2g} %"


BOUNDING = frozenset({CLIENT_CEILING, COUNTED_FAILURES})


@dataclass(frozen=True, slots=True)
class Bounds:
    """Requests a second: the lowest and the highest that it can have been."""

    low: float
    high: float

    @property
    def known(self) -> bool:
        """Say whether it is one figure."""
        return self.low == self.high


def bounds(judged: JudgedRow) -> Bounds | None:
    """Bound a row's throughput; None where its figure says nothing at all.

    At the ceiling of the client a server could have been faster, never slower; where failures are
    counted, what came in time is the least, and what was printed the most.
    """
    voided_by = set(judged.against("throughput"))
    printed = judged.row.requests_per_s
    if voided_by - BOUNDING or printed <= 0:
        return None
    counted = COUNTED_FAILURES in voided_by
    low = in_time_per_s(judged.row) if counted else printed
    return Bounds(low, math.inf if CLIENT_CEILING in voided_by else printed)
