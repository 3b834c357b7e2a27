"""Rounds that are not independent repetitions: a trend, a level shift, or autocorrelation.

What all stacks have in common is the machine's, and cancels out in their ratios: a change of which
less than half is left beside the other stacks is none of this one.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import AUTOCORRELATION, TREND
from timetrial.analysis.checks.trend_tests import best_split, change, lag_1, level_shift, trend_p
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.model import Finding, Severity

WORTH_MENTIONING = 0.02
"""Relative change from which on a figure is doubted."""
ROUNDS_FOR_MEMORY = 8
_SHARED = 0.5
"""Largest share of a change that is left where the other stacks share it."""
MOST_ROUNDS = 200
"""Of longer runs the last ones are tested."""

_Doubt = tuple["Severity", str]


def find(context: CellContext) -> Finding | None:
    figures = [window_throughput(measurement.windows) for measurement in context.measurements][
        -MOST_ROUNDS:
    ]
    if len(figures) < 3 or not all(figures):  # noqa: PLR2004 - two have no trend
        return None
    logs = [math.log(figure) for figure in figures]
    numbers = [measurement.trial.round for measurement in context.measurements][-MOST_ROUNDS:]
    beside = _beside(logs, numbers, context.levels_beside)
    doubts = [*_trend(figures, logs, beside), *_autocorrelation(figures, logs, beside)]
    if not doubts:
        return None
    severity: Severity = "invalid" if any(how == "invalid" for how, _ in doubts) else "doubtful"
    said = "; ".join(evidence for _, evidence in doubts)
    return context.finding(TREND.name, severity, f"{said}: rounds do not repeat the same thing.")


def _beside(
    logs: Sequence[float], numbers: Sequence[int], levels: Mapping[int, float]
) -> Sequence[float] | None:
    """Return the figures' logarithms over those of the other stacks; None without these."""
    if not levels:
        return None
    return [log - levels[number] for log, number in zip(logs, numbers, strict=True)]


def _trend(
    figures: Sequence[float], logs: Sequence[float], beside: Sequence[float] | None
) -> Iterator[_Doubt]:
    """Report a trend or a level shift, by the smaller p: a shift looks like a trend, too."""
    place, _ = best_split(logs)
    shift, slope = math.expm1(_step(logs, place)), change(figures)
    if beside is not None:
        shift = _unless_shared(shift, math.expm1(_step(beside, place)))
        slope = _unless_shared(slope, change([math.exp(log) for log in beside]))
    if max(abs(shift), abs(slope)) <= WORTH_MENTIONING:
        return
    slope_p = trend_p(figures) if slope else math.inf
    # Permutations are slow, and a small shift is not reported.
    shift_p = level_shift(logs)[1] if abs(shift) > WORTH_MENTIONING else math.inf
    if shift_p <= slope_p:
        if severity := TREND.judge(shift_p):
            yield severity, f"throughput {_by(shift)} at round {place + 1} (p = {shift_p:.1g})"
    elif abs(slope) > WORTH_MENTIONING and (severity := TREND.judge(slope_p)):
        yield (
            severity,
            f"throughput {_by(slope)} from the first round to the last (p = {slope_p:.1g})",
        )


def _unless_shared(own: float, beside: float) -> float:
    """Return a relative change, or 0 if the other stacks share most of it."""
    return 0.0 if abs(math.log1p(beside)) < _SHARED * abs(math.log1p(own)) else own


def _step(logs: Sequence[float], place: int) -> float:
    """Return by how much the logarithms are higher from a place on; 0 at the beginning."""
    return statistics.fmean(logs[place:]) - statistics.fmean(logs[:place]) if place else 0.0


def _autocorrelation(
    figures: Sequence[float], logs: Sequence[float], beside: Sequence[float] | None
) -> Iterator[_Doubt]:
    n = len(figures)
    if n < ROUNDS_FOR_MEMORY or max(figures) <= (1 + WORTH_MENTIONING) * min(figures):
        return
    correlation = min(map(lag_1, (logs, *([] if beside is None else [beside]))))
    if severity := AUTOCORRELATION.judge(correlation * math.sqrt(n)):
        resembles = f"lag-1 autocorrelation {correlation:.2f} in {n} rounds"
        yield severity, f"rounds resemble the ones before ({resembles}): intervals are too narrow"


def _by(factor: float) -> str:
    return f"{'rose' if factor > 0 else 'fell'} by {percent(abs(factor))}"
