"""Named caveats on published rows; pure.

A detector takes a row as it was published and returns a caveat. Findings on our own measurements
are in `analysis/checks`. Start with `throughput`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from timetrial.features.published.detectors.latency import (
    connect_stalls,
    late_responses,
    littles_law,
    zero_quantiles,
)
from timetrial.features.published.detectors.throughput import (
    client_ceiling,
    closed_batches,
    counted_failures,
    few_samples,
    no_service,
    wrong_view,
)
from timetrial.features.published.row import Caveat, JudgedRow, PublishedRow

DETECTORS: tuple[Callable[[PublishedRow], Caveat | None], ...] = (
    no_service,
    few_samples,
    wrong_view,
    client_ceiling,
    counted_failures,
    closed_batches,
    late_responses,
    zero_quantiles,
    littles_law,
    connect_stalls,
)
NOTABLE = 0.01
"""Two runs of one row differ if the lower throughput is behind by this share of the higher."""


def judge(rows: Sequence[PublishedRow]) -> tuple[JudgedRow, ...]:
    """Give every row of a collection to every detector, in their order."""
    return tuple(
        JudgedRow(
            row,
            tuple(
                caveat
                for caveat in (*(find(row) for find in DETECTORS), reruns_differ(row, rows))
                if caveat is not None
            ),
        )
        for row in rows
    )


def reruns_differ(row: PublishedRow, rows: Sequence[PublishedRow]) -> Caveat | None:
    """Find a row of the collection that repeats this one under the same load, and differs."""
    for other in rows:
        if other is row or not other.reruns(row) or other.repeats(row):
            continue
        low, high = sorted((row.requests_per_s, other.requests_per_s))
        if high - low < NOTABLE * high:
            continue
        apart = f"{100 * (high / low - 1):.2g} % apart" if low else "one of them nothing at all"
        return Caveat(
            "reruns-differ",
            (),
            f"measured twice under the same load: {row.figures.requests:,} and "
            f"{other.figures.requests:,} responses, {row.requests_per_s:,.5g} and "
            f"{other.requests_per_s:,.5g} a second, {apart}.",
        )
    return None
