"""Caveats on a published throughput: too few responses, failures that count, a client at its limit.

Each detector takes a row as it was published. It returns a caveat, or None where it finds nothing.
"""

from __future__ import annotations

import math

from timetrial.features.published.row import (
    Caveat,
    K6Figures,
    PublishedRow,
    ScenarioLoad,
    WrkFigures,
    WrkLoad,
)
from timetrial.model import significant

WRK_LIMIT_S = 2.0
"""wrk's timeout unless it is told another: the histogram of its latencies ends there."""
ENOUGH = 100
"""Responses, for a place in a ranking."""
FITTING_AT_LEAST = 2
"""One response a connection is all there can be where only one wait fits."""
CLIENT_CEILING = "ceiling-of-the-client"
CEILING_SHARE = 0.9
COUNTED_FAILURES = "failures-counted"
FAILED_SHARE = 0.05
"""From here on the throughput is void; below it is a note."""
CLOSED_SHARES = 0.9, 1.1
"""Read errors for each batch: one, give or take what was in flight at the end."""


def no_service(row: PublishedRow) -> Caveat | None:
    """Find a server that crashed or hung, and was printed as a speed."""
    name = "stopped-answering"
    load, figures = row.load, row.figures
    if figures.requests == 0:
        return Caveat(name, ("throughput", "latency"), _nothing(row))
    if not isinstance(load, WrkLoad) or figures.requests != load.connections:
        return None
    if row.wait_s and waves(load.duration_s, row.wait_s) < FITTING_AT_LEAST:
        return None
    return Caveat(
        name,
        ("throughput", "latency"),
        f"exactly one response came on each of {load.connections:,} connections in "
        f"{load.duration_s:g} s, and then none: the rate of {row.requests_per_s:,} a second is "
        f"that count over the time.",
    )


def _nothing(row: PublishedRow) -> str:
    counts = [
        f"{getattr(row.figures, kind):,} {kind.replace('_', ' ')}"
        for kind in ("connect_errors", "read_errors", "write_errors")
        if isinstance(row.figures, WrkFigures) and getattr(row.figures, kind)
    ]
    errors = f", beside {' and '.join(counts)}" if counts else ""
    return f"no response came at all{errors}: a failure, printed as 0 requests a second."


def few_samples(row: PublishedRow) -> Caveat | None:
    """Find rows with too few responses for a place in a ranking."""
    count = row.figures.requests
    if not 0 < count < ENOUGH:
        return None
    responses = "1 response" if count == 1 else f"{count} responses"
    return Caveat(
        "few-samples",
        ("throughput", "latency"),
        f"{responses} in {row.load.duration_s:g} s: fewer than {ENOUGH} give no place in a "
        f"ranking.",
    )


def wrong_view(row: PublishedRow) -> Caveat | None:
    """Find responses that came sooner than the app waits: another view answered."""
    load, figures = row.load, row.figures
    if not isinstance(load, WrkLoad) or not isinstance(figures, WrkFigures) or not row.wait_s:
        return None
    evidence = _too_many(row.wait_s, load, figures) or _too_soon(row.wait_s, figures)
    return Caveat("another-view", ("throughput", "latency"), evidence) if evidence else None


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


def client_ceiling(row: PublishedRow) -> Caveat | None:
    """Find the throughput that so many connections or users give, whatever the server."""
    load, figures = row.load, row.figures
    evidence = None
    if isinstance(load, WrkLoad) and isinstance(figures, WrkFigures):
        evidence = _of_connections(row.wait_s, load, figures)
    elif isinstance(load, ScenarioLoad) and isinstance(figures, K6Figures):
        evidence = _of_users(row.wait_s, load, figures)
    return Caveat(CLIENT_CEILING, ("throughput",), evidence) if evidence else None


def waves(duration_s: float, wait_s: float) -> int:
    """Count the responses that fit on one connection, each later than `wait_s` after the last.

    The last of them has to come before the end: where the wait divides the duration, the wave
    that would end with it does not count.
    """
    return max(0, math.ceil(duration_s / wait_s) - 1)


def _of_connections(wait_s: float, load: WrkLoad, figures: WrkFigures) -> str | None:
    if not wait_s:
        return None
    fit = waves(load.duration_s, wait_s)
    most = fit * load.connections
    possible = math.floor(figures.elapsed_s / wait_s) * load.connections
    if not most or not CEILING_SHARE * most <= figures.requests <= possible:
        return None
    return (
        f"{fit} waits of {wait_s:g} s fit into {load.duration_s:g} s, on {load.connections:,} "
        f"connections: {most:,} responses or {significant(most / figures.elapsed_s)} a second are "
        f"the most that this load asks for, and {100 * figures.requests / most:.0f} % of that "
        f"came: the maximum was not measured."
    )


def _of_users(wait_s: float, load: ScenarioLoad, figures: K6Figures) -> str | None:
    ceiling = load.users * load.steps / (load.think_s + wait_s)
    share = figures.requests_per_s / ceiling
    if share < CEILING_SHARE:
        return None
    waits = f"({load.think_s:g} s + {wait_s:g} s)" if wait_s else f"{load.think_s:g} s"
    return (
        f"{load.users} users × {load.steps} requests ÷ {waits} = {significant(ceiling)} requests "
        f"a second are the most that this load asks for, and {100 * share:.0f} % of that came: the "
        f"maximum was not measured."
    )


def counted_failures(row: PublishedRow) -> Caveat | None:
    """Find failures that count as throughput: late responses and those with another status."""
    figures = row.figures
    failed = _failed(row)
    if not isinstance(figures, WrkFigures) or not failed:
        return None
    share = failed / figures.requests
    kinds = [
        f"{count:,} {kind}"
        for count, kind in (
            (_late(row), "later than 2 s"),
            (figures.non_2xx, "with another status"),
        )
        if count
    ]
    return Caveat(
        COUNTED_FAILURES,
        ("throughput",) if share >= FAILED_SHARE else (),
        f"{' and '.join(kinds)} of {figures.requests:,} responses ({100 * share:.2g} %) are "
        f"counted: without them it is {significant(in_time_per_s(row))} a second, not "
        f"{significant(figures.requests_per_s)}.",
    )


def in_time_per_s(row: PublishedRow) -> float:
    """Return the responses a second that came in time and with a good status."""
    if not isinstance(row.figures, WrkFigures):
        return row.requests_per_s
    return (row.figures.requests - _failed(row)) / row.figures.elapsed_s


def _late(row: PublishedRow) -> int:
    if not isinstance(row.figures, WrkFigures):
        return 0
    # What the app holds back for longer than the limit is late by design.
    return row.figures.timeouts if row.wait_s < WRK_LIMIT_S else 0


def _failed(row: PublishedRow) -> int:
    if not isinstance(row.figures, WrkFigures):
        return 0
    return min(row.figures.requests, _late(row) + row.figures.non_2xx)


def closed_batches(row: PublishedRow) -> Caveat | None:
    """Find a connection that is lost after every batch: the figure is one of reconnecting."""
    load, figures = row.load, row.figures
    if not isinstance(load, WrkLoad) or not isinstance(figures, WrkFigures):
        return None
    batches = figures.requests / load.pipelined
    share = figures.read_errors / batches if batches else 0.0
    least, most = CLOSED_SHARES
    if load.pipelined == 1 or not least <= share <= most:
        return None
    return Caveat(
        "closed-after-each-batch",
        ("throughput", "latency"),
        f"{figures.read_errors:,} read errors for {figures.requests:,} responses in batches of "
        f"{load.pipelined}, or {batches:,.0f} batches: the server closed the connection after "
        f"each, and what was measured is reconnecting.",
    )
