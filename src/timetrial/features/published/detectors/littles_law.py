"""Little's law: requests in flight = throughput × mean response time, within what was in flight.

Little, A proof for the queuing formula L = λW, Operations Research 9 (1961). In the closed model
there is always one request, or up to a batch of them, in flight on every connection.
"""

from __future__ import annotations

from timetrial.features.published.caveat import Caveat
from timetrial.features.published.row import PublishedRow, ScenarioLoad, WrkFigures, WrkLoad
from timetrial.model.units import significant

NAME = "littles-law"
TOLERANCE = 0.2


def find(row: PublishedRow) -> Caveat | None:
    mean_s, rate = row.latency_mean_us / 1e6, row.requests_per_s
    if not mean_s or not rate:
        return None
    least, most = _in_flight(row)
    in_flight = rate * mean_s
    if least * (1 - TOLERANCE) <= in_flight <= most * (1 + TOLERANCE):
        return None
    whose = "users" if isinstance(row.load, ScenarioLoad) else "connections"
    return Caveat(
        NAME,
        ("latency",),
        f"{_span(least, most)} in flight on {_count(row):,} {whose} ÷ "
        f"{significant(rate)} requests a second = {_expected(least, most, rate)} a response; "
        f"{significant(mean_s * 1e3)} ms are printed as the mean.",
    )


def _in_flight(row: PublishedRow) -> tuple[float, float]:
    """Return the least and the most requests that were in flight on average."""
    load = row.load
    if isinstance(load, WrkLoad):
        return load.connections, load.connections * load.pipelined
    thinking = 0.0
    if not isinstance(row.figures, WrkFigures):
        idle_s = load.think_s + load.steps * row.figures.blocked.mean_us / 1e6
        thinking = row.figures.iterations_per_s * idle_s
    return load.users - thinking, load.users - thinking


def _count(row: PublishedRow) -> int:
    return row.load.users if isinstance(row.load, ScenarioLoad) else row.load.connections


def _span(least: float, most: float) -> str:
    return significant(least) if least == most else f"{significant(least)} to {significant(most)}"


def _expected(least: float, most: float, rate: float) -> str:
    one = f"{significant(least / rate * 1e3)} ms"
    return one if least == most else f"{one} to {significant(most / rate * 1e3)} ms"
