"""Throughput that is arithmetic: what so many connections or users give, whatever the server."""

from __future__ import annotations

import math

from timetrial.features.published.caveat import Caveat
from timetrial.features.published.row import (
    K6Figures,
    PublishedRow,
    ScenarioLoad,
    WrkFigures,
    WrkLoad,
)
from timetrial.model.units import significant

NAME = "ceiling-of-the-client"
SHARE_AT_LEAST = 0.9


def find(row: PublishedRow) -> Caveat | None:
    load, figures = row.load, row.figures
    if isinstance(load, WrkLoad) and isinstance(figures, WrkFigures):
        return _of_connections(row.wait_s, load, figures)
    if isinstance(load, ScenarioLoad) and isinstance(figures, K6Figures):
        return _of_users(row.wait_s, load, figures)
    return None


def waves(duration_s: float, wait_s: float) -> int:
    """Count the responses that fit on one connection, each later than `wait_s` after the last.

    The last of them has to come before the end: where the wait divides the duration, the wave
    that would end with it does not count.
    """
    return max(0, math.ceil(duration_s / wait_s) - 1)


def _of_connections(wait_s: float, load: WrkLoad, figures: WrkFigures) -> Caveat | None:
    if not wait_s:
        return None
    fit = waves(load.duration_s, wait_s)
    most = fit * load.connections
    possible = math.floor(figures.elapsed_s / wait_s) * load.connections
    if not most or not SHARE_AT_LEAST * most <= figures.requests <= possible:
        return None
    return Caveat(
        NAME,
        ("throughput",),
        f"{fit} waits of {wait_s:g} s fit into {load.duration_s:g} s, on {load.connections:,} "
        f"connections: {most:,} responses or {significant(most / figures.elapsed_s)} a second are "
        f"what the client's shape allows, and {_percent(figures.requests / most)} of that came: "
        f"the server holds the connections, how fast it is was not asked.",
    )


def _of_users(wait_s: float, load: ScenarioLoad, figures: K6Figures) -> Caveat | None:
    idle_s = load.think_s + wait_s
    ceiling = load.users * load.steps / idle_s
    share = figures.requests_per_s / ceiling
    if share < SHARE_AT_LEAST:
        return None
    waits = f"({load.think_s:g} s + {wait_s:g} s)" if wait_s else f"{load.think_s:g} s"
    return Caveat(
        NAME,
        ("throughput",),
        f"{load.users} users × {load.steps} requests ÷ {waits} = {significant(ceiling)} requests "
        f"a second are what the client's shape allows, and {_percent(share)} of that came: a "
        f"faster server could not have shown it.",
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
