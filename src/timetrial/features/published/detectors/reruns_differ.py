"""Two runs of one row that differ: the collection's own noise."""

from __future__ import annotations

from collections.abc import Sequence

from timetrial.features.published.caveat import Caveat
from timetrial.features.published.row import PublishedRow

NAME = "reruns-differ"
NOTABLE = 0.01


def find(row: PublishedRow, rows: Sequence[PublishedRow]) -> Caveat | None:
    """Compare a row with those of its collection that repeat it under the same load."""
    for other in rows:
        if other is row or not other.reruns(row) or other.repeats(row):
            continue
        high = max(row.requests_per_s, other.requests_per_s)
        low = min(row.requests_per_s, other.requests_per_s)
        if high - low < NOTABLE * high:
            continue
        apart = f"{100 * (high / low - 1):.2g} % apart" if low else "one of them nothing at all"
        return Caveat(
            NAME,
            (),
            f"measured twice under the same load: {row.figures.requests:,} and "
            f"{other.figures.requests:,} responses, {row.requests_per_s:,.5g} and "
            f"{other.requests_per_s:,.5g} a second, {apart}.",
        )
    return None
