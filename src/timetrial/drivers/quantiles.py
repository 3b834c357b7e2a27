"""A histogram from quantiles, for tools that keep all times and give no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from timetrial._engine import Histogram


def histogram_of(quantiles: Sequence[tuple[float, float]], count: int) -> Histogram:
    """Make a histogram of so many times, in ns, of which the quantiles are known.

    `quantiles` are (share from 0 to 1, ns), in order, the first at 0 and the last at 1. The time at
    rank r (from 0) of n is the quantile at r / (n - 1); between those that are known it is taken to
    lie on a line.
    """
    histogram = Histogram()
    for value_ns, number in Counter(_times(quantiles, count)).items():
        histogram.record(max(1, value_ns), number)
    return histogram


def _times(quantiles: Sequence[tuple[float, float]], count: int) -> list[int]:
    times = []
    place = 0
    for rank in range(count):
        share = rank / (count - 1) if count > 1 else 1.0
        while place < len(quantiles) - 2 and quantiles[place + 1][0] < share:
            place += 1
        (low, from_ns), (high, to_ns) = quantiles[place], quantiles[place + 1]
        along = (share - low) / (high - low)
        times.append(round(from_ns + (to_ns - from_ns) * along))
    return times
