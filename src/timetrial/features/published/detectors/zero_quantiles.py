"""Quantiles of zero beside a mean that is none."""

from __future__ import annotations

from timetrial.features.published.caveat import Caveat
from timetrial.features.published.row import PublishedRow, WrkFigures
from timetrial.model.units import significant

NAME = "zero-quantiles"


def find(row: PublishedRow) -> Caveat | None:
    figures = row.figures
    if not isinstance(figures, WrkFigures) or not figures.latency_mean_us:
        return None
    quantiles = {
        "p50": figures.latency_p50_us,
        "p75": figures.latency_p75_us,
        "p90": figures.latency_p90_us,
        "p99": figures.latency_p99_us,
    }
    zero = [name for name, value in quantiles.items() if value == 0]
    if not zero:
        return None
    return Caveat(
        NAME,
        ("latency",),
        f"{', '.join(zero)} are printed as 0 beside a mean of "
        f"{significant(figures.latency_mean_us / 1e3)} ms.",
    )
