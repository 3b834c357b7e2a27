"""Between which values a published throughput lies: a figure that is void may still be a bound."""

from __future__ import annotations

import math
from dataclasses import dataclass

from timetrial.features.published.caveat import JudgedRow
from timetrial.features.published.detectors import client_ceiling, counted_failures

BOUNDING = frozenset({client_ceiling.NAME, counted_failures.NAME})


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
    counted = counted_failures.NAME in voided_by
    low = counted_failures.in_time_per_s(judged.row) if counted else printed
    return Bounds(low, math.inf if client_ceiling.NAME in voided_by else printed)
