"""Responses sooner than the app waits: another view answered, and no response was looked at."""

from __future__ import annotations

import math

from timetrial.features.published.caveat import Caveat
from timetrial.features.published.row import PublishedRow, WrkFigures, WrkLoad
from timetrial.model.units import significant

NAME = "another-view"


def find(row: PublishedRow) -> Caveat | None:
    load, figures = row.load, row.figures
    if not isinstance(load, WrkLoad) or not isinstance(figures, WrkFigures) or not row.wait_s:
        return None
    evidence = _too_many(row.wait_s, load, figures) or _too_soon(row.wait_s, figures)
    return Caveat(NAME, ("throughput", "latency"), evidence) if evidence else None


def _too_many(wait_s: float, load: WrkLoad, figures: WrkFigures) -> str | None:
    most = math.floor(figures.elapsed_s / wait_s) * load.connections
    if figures.requests <= most:
        return None
    average_s = load.connections * figures.elapsed_s / figures.requests
    return (
        f"{figures.requests:,} responses came in {figures.elapsed_s:g} s on {load.connections:,} "
        f"connections, one in {significant(average_s)} s on each: with a wait of {wait_s:g} s no "
        f"more than {most:,} could have, so the requests went to a view that waits less."
    )


def _too_soon(wait_s: float, figures: WrkFigures) -> str | None:
    mean_s = figures.latency_mean_us / 1e6
    if not 0 < mean_s < wait_s:
        return None
    return (
        f"the mean of the recorded latencies, {significant(mean_s)} s, is less than the wait of "
        f"{wait_s:g} s that each request asked for: the requests went to a view that waits less."
    )
