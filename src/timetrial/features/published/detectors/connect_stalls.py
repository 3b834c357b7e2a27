"""Seconds of waiting for a connection, which the duration of a request leaves out."""

from __future__ import annotations

from timetrial.features.published.caveat import Caveat
from timetrial.features.published.row import K6Figures, PublishedRow
from timetrial.model.units import significant

NAME = "connect-stalls"
STALL_US = 1_000_000


def find(row: PublishedRow) -> Caveat | None:
    figures = row.figures
    if not isinstance(figures, K6Figures) or figures.blocked.max_us < STALL_US:
        return None
    mean_ms, stalled_ms = figures.duration.mean_us / 1e3, figures.blocked.mean_us / 1e3
    p95_ms = figures.duration.p95_us / 1e3
    return Caveat(
        NAME,
        ("latency",),
        f"requests were blocked for up to {significant(figures.blocked.max_us / 1e6)} s before "
        f"they had a connection, {significant(stalled_ms)} ms on average beside a mean duration of "
        f"{significant(mean_ms)} ms: the printed P95 of {significant(p95_ms)} ms "
        f"leaves that out.",
    )
