"""One ratio with its interval against a limit.

A regression is called only where the whole interval lies beyond the limit. The intervals that come
here are two-sided ones of 95 % that hold together, by Bonferroni, over everything that a gate
judges. So, where nothing has changed, and the limit is 0 %, a gate calls a regression in 2.5 % of
cases at most, however many benchmarks and metrics it judges; with a limit above that the interval
would have to be off by the limit, too.
"""

from __future__ import annotations

from timetrial.features.gate.judgement import Judgement, JudgementKind, Undecided, UndecidedKind
from timetrial.model.metrics import METRICS, Metric
from timetrial.model.summary import Estimate
from timetrial.model.trial import Cell

NO_INTERVAL = Undecided(UndecidedKind.NO_INTERVAL)


def judge(
    cell: Cell,
    metric: Metric,
    ratio: Estimate,
    limit: float,
    undecided: Undecided | None = None,
) -> Judgement:
    """Judge the new figure over the old one by its interval, if there is one.

    `limit` is the share by which it may be worse. Where something else keeps the interval from
    deciding, `undecided` says what.
    """
    if undecided is not None or ratio.low is None or ratio.high is None:
        return Judgement(cell, metric, "cannot tell", ratio, undecided or NO_INTERVAL)
    return Judgement(cell, metric, _call(metric, ratio.low, ratio.high, limit), ratio)


def furthest(metric: Metric, limit: float) -> float:
    """Return the ratio, new over old, that is just within the limit."""
    return 1 - METRICS[metric].direction * limit


def _call(metric: Metric, low: float, high: float, limit: float) -> JudgementKind:
    direction = METRICS[metric].direction
    edge = direction * furthest(metric, limit)
    better, worse = (high, low) if METRICS[metric].higher_is_better else (-low, -high)
    if better < edge:
        return "regression"
    return "within the limit" if worse >= edge else "cannot tell"
