"""How far two published figures of the same row lie apart: the least that a difference must be."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timetrial.features.published.caveat import JudgedRow
from timetrial.features.published.detectors import judge
from timetrial.features.published.row import PublishedRow, distinct


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
