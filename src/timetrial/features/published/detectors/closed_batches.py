"""A connection that is lost after every batch: the figure is one of reconnecting."""

from __future__ import annotations

from timetrial.features.published.caveat import Caveat
from timetrial.features.published.row import PublishedRow, WrkFigures, WrkLoad

NAME = "closed-after-each-batch"
SHARE_AT_LEAST, SHARE_AT_MOST = 0.9, 1.1
"""Read errors for each batch: one, give or take what was under way at the end."""


def find(row: PublishedRow) -> Caveat | None:
    load, figures = row.load, row.figures
    if not isinstance(load, WrkLoad) or not isinstance(figures, WrkFigures):
        return None
    batches = figures.requests / load.pipelined
    share = figures.read_errors / batches if batches else 0.0
    if load.pipelined == 1 or not SHARE_AT_LEAST <= share <= SHARE_AT_MOST:
        return None
    return Caveat(
        NAME,
        ("throughput", "latency"),
        f"{figures.read_errors:,} read errors for {figures.requests:,} responses in batches of "
        f"{load.pipelined}, or {batches:,.0f} batches: the server closed the connection after "
        f"each, and what was measured is reconnecting.",
    )
