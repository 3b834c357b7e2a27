"""Failures that count as throughput: other statuses, and responses that nobody waited for."""

from __future__ import annotations

from timetrial.features.published.caveat import Caveat
from timetrial.features.published.detectors.late_responses import WRK_LIMIT_S
from timetrial.features.published.row import PublishedRow, WrkFigures
from timetrial.model.units import significant

NAME = "failures-counted"
SHARE_AT_LEAST = 0.05
"""From here on the throughput is void; below it is a note."""


def find(row: PublishedRow) -> Caveat | None:
    figures = row.figures
    if not isinstance(figures, WrkFigures) or not figures.requests:
        return None
    late, failed = _late(row, figures), _failed(row, figures)
    if not failed:
        return None
    share = failed / figures.requests
    kinds = [
        f"{count:,} {kind}"
        for count, kind in ((late, "later than 2 s"), (figures.non_2xx, "with another status"))
        if count
    ]
    return Caveat(
        NAME,
        ("throughput",) if share >= SHARE_AT_LEAST else (),
        f"{' and '.join(kinds)} of {figures.requests:,} responses ({100 * share:.2g} %) are "
        f"counted: without them it is {significant(in_time_per_s(row))} a second, not "
        f"{significant(figures.requests_per_s)}.",
    )


def in_time_per_s(row: PublishedRow) -> float:
    """Return the responses a second that came in time and with a good status."""
    figures = row.figures
    if not isinstance(figures, WrkFigures):
        return figures.requests_per_s
    return (figures.requests - _failed(row, figures)) / figures.elapsed_s


def _late(row: PublishedRow, figures: WrkFigures) -> int:
    # What the app holds back for longer than the limit is late by design.
    return figures.timeouts if row.wait_s < WRK_LIMIT_S else 0


def _failed(row: PublishedRow, figures: WrkFigures) -> int:
    return min(figures.requests, _late(row, figures) + figures.non_2xx)
