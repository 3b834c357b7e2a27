"""Latencies without the slow ones: wrk leaves out of them what took longer than its limit."""

from __future__ import annotations

from timetrial.features.published.caveat import Caveat
from timetrial.features.published.row import PublishedRow, WrkFigures
from timetrial.model.units import significant

NAME = "late-responses"
WRK_LIMIT_S = 2.0
"""wrk's timeout unless it is told another: the histogram of its latencies ends there."""
BIAS_AT_LEAST = 0.05
"""By so much the mean would be longer, were the late ones in it at the limit, their least."""


def find(row: PublishedRow) -> Caveat | None:
    figures = row.figures
    if not isinstance(figures, WrkFigures) or not figures.requests:
        return None
    if not figures.latency_mean_us:
        return Caveat(NAME, ("latency",), _nothing_recorded(figures))
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
    return Caveat(NAME, ("latency",) if biased else (), evidence)


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
