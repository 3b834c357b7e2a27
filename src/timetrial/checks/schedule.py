"""An open load that fell behind: the server did not keep up, or the engine itself was late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timetrial.checks.history import History, Threshold, percent
from timetrial.load import RateLoad
from timetrial.stats.estimates import window_throughput
from timetrial.stats.quantile import decoded, merged
from timetrial.tool import ENGINE
from timetrial.units import NS_PER_MS, duration, significant

if TYPE_CHECKING:
    from timetrial.finding import Finding

BEHIND = "behind-schedule"
KEPT_SHARE_AT_LEAST = 0.97
LATE = "late-generator"
LATENESS_SHARE = Threshold(doubtful=0.05, invalid=0.20)
"""p99 of lateness over p99 of response time."""
LATE_FROM_NS = NS_PER_MS
_TAIL = 0.99
_WHAT_THEN = ", its queue grew to the end, and response times grow with the length of the trial"
"""With the engine, which sends whatever is due."""


def find_behind(history: History) -> Finding | None:
    """Doubt response times that say how long the trial was rather than how fast the server is."""
    load = history.contest.load
    if not isinstance(load, RateLoad) or not history.measurements:
        return None
    throughput = window_throughput(tuple(history.windows()))
    if throughput >= KEPT_SHARE_AT_LEAST * load.rate_per_s:
        return None
    return history.finding(
        BEHIND,
        "doubtful",
        f"{load} were due and {significant(throughput)} were answered: the server did not keep up"
        f"{_WHAT_THEN if history.contest.driver == ENGINE else ''}.",
    )


def find_late(history: History) -> Finding | None:
    """Doubt response times of which the engine's own lateness is a part."""
    lateness = decoded(window.lateness for window in history.windows())
    if not isinstance(history.contest.load, RateLoad) or not lateness.count:
        return None
    late_ns = lateness.quantile(_TAIL)
    shown_ns = merged(history.windows()).quantile(_TAIL)
    if not shown_ns or late_ns <= LATE_FROM_NS:
        return None
    share = late_ns / shown_ns
    return history.finding(
        LATE,
        LATENESS_SHARE.judge(share) or "doubtful",
        f"the load engine sent up to {duration(late_ns)} late (p99), {percent(share)} of the "
        f"response time's p99 of {duration(shown_ns)}.",
    )
