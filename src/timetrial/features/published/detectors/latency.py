"""Caveats on published response times: responses left out, impossible figures, hidden waiting.

Each detector takes a row as it was published. It returns a caveat, or None where it finds nothing.
"""

from __future__ import annotations

from timetrial.features.published.detectors.throughput import WRK_LIMIT_S
from timetrial.features.published.row import (
    Caveat,
    K6Figures,
    PublishedRow,
    ScenarioLoad,
    WrkFigures,
    WrkLoad,
)
from timetrial.model import significant

BIAS_AT_LEAST = 0.05
"""The mean would be longer by this share if late responses counted with the limit, their least."""
TOLERANCE = 0.2
"""Of Little's law."""
STALL_US = 1_000_000


def late_responses(row: PublishedRow) -> Caveat | None:
    """Find latencies without the slow responses: wrk leaves out those beyond its limit."""
    name, figures = "late-responses", row.figures
    if not isinstance(figures, WrkFigures) or not figures.requests:
        return None
    if not figures.latency_mean_us:
        return Caveat(name, ("latency",), _nothing_recorded(figures))
    if not figures.timeouts:
        return None
    mean_s, late = figures.latency_mean_us / 1e6, figures.timeouts / figures.requests
    with_late_s = (1 - late) * mean_s + late * WRK_LIMIT_S
    biased = with_late_s >= (1 + BIAS_AT_LEAST) * mean_s
    evidence = (
        f"{figures.timeouts:,} of {figures.requests:,} responses ({100 * late:.2g} %) took longer "
        f"than {WRK_LIMIT_S:g} s and are in no latency: with them the mean is at least "
        f"{significant(with_late_s * 1e3)} ms, not {significant(mean_s * 1e3)} ms, and quantiles "
        f"beyond {100 * (1 - late):.3g} % are unknown."
    )
    return Caveat(name, ("latency",) if biased else (), evidence)


def _nothing_recorded(figures: WrkFigures) -> str:
    why = (
        f"{figures.timeouts:,} of them took longer than wrk's limit of {WRK_LIMIT_S:g} s"
        if figures.timeouts
        else "none of them is said to have been late"
    )
    return (
        f"the mean is printed as 0 beside {figures.requests:,} responses: {why}, and no latency "
        f"was recorded."
    )


def zero_quantiles(row: PublishedRow) -> Caveat | None:
    """Find quantiles of zero with a mean above zero."""
    figures = row.figures
    if not isinstance(figures, WrkFigures) or not figures.latency_mean_us:
        return None
    names = ("p50", "p75", "p90", "p99")
    zero = [name for name in names if getattr(figures, f"latency_{name}_us") == 0]
    if not zero:
        return None
    return Caveat(
        "zero-quantiles",
        ("latency",),
        f"{', '.join(zero)} are printed as 0 beside a mean of "
        f"{significant(figures.latency_mean_us / 1e3)} ms.",
    )


def littles_law(row: PublishedRow) -> Caveat | None:
    """Find a mean that contradicts throughput and load by Little's law.

    Requests in flight = throughput × mean response time (Little, A proof for the queuing formula
    L = λW, Operations Research 9, 1961). A closed load always has one request, or up to a batch of
    them, in flight on every connection.
    """
    load, mean_s, rate = row.load, row.latency_mean_us / 1e6, row.requests_per_s
    if not mean_s or not rate:
        return None
    least, most = _in_flight(row)
    if least * (1 - TOLERANCE) <= rate * mean_s <= most * (1 + TOLERANCE):
        return None
    clients = (
        f"{load.users:,} users"
        if isinstance(load, ScenarioLoad)
        else f"{load.connections:,} connections"
    )
    in_flight, expected = significant(least), f"{significant(least / rate * 1e3)} ms"
    if least != most:
        in_flight = f"{in_flight} to {significant(most)}"
        expected = f"{expected} to {significant(most / rate * 1e3)} ms"
    return Caveat(
        "littles-law",
        ("latency",),
        f"{in_flight} in flight on {clients} ÷ {significant(rate)} requests a second = "
        f"{expected} a response; {significant(mean_s * 1e3)} ms are printed as the mean.",
    )


def _in_flight(row: PublishedRow) -> tuple[float, float]:
    """Return the least and the most requests that were in flight on average."""
    load = row.load
    if isinstance(load, WrkLoad):
        return load.connections, load.connections * load.pipelined
    thinking = 0.0
    if isinstance(row.figures, K6Figures):
        idle_s = load.think_s + load.steps * row.figures.blocked.mean_us / 1e6
        thinking = row.figures.iterations_per_s * idle_s
    return load.users - thinking, load.users - thinking


def connect_stalls(row: PublishedRow) -> Caveat | None:
    """Find seconds of waiting for a connection, which the duration of a request leaves out."""
    figures = row.figures
    if not isinstance(figures, K6Figures) or figures.blocked.max_us < STALL_US:
        return None
    mean_ms, stalled_ms = figures.duration.mean_us / 1e3, figures.blocked.mean_us / 1e3
    p95_ms = figures.duration.p95_us / 1e3
    return Caveat(
        "connect-stalls",
        ("latency",),
        f"requests were blocked for up to {significant(figures.blocked.max_us / 1e6)} s before "
        f"they had a connection, {significant(stalled_ms)} ms on average beside a mean duration of "
        f"{significant(mean_ms)} ms: the printed P95 of {significant(p95_ms)} ms "
        f"leaves that out.",
    )
