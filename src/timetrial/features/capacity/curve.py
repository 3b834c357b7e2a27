"""Response time by arrival rate, from all trials that are not void."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from timetrial.analysis.statistics.quantile import decoded
from timetrial.features.capacity.slo import TAIL_RESPONSES
from timetrial.features.capacity.trial import CapacityTrial

KNEE_FACTOR = 2.0
"""The knee lies where p99 has grown by this factor over the lowest rate's."""
_SHOWN = (0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True)
class Point:
    """All trials at one rate, taken together."""

    rate_per_s: float
    kept: int
    """Trials that kept the objective."""
    trials: int
    """Without void ones."""
    requests: int
    response_time_ns: Mapping[float, int]
    """By quantile, in ns; quantiles with fewer than ten response times beyond them are left out."""
    at_least: frozenset[float]
    """Quantiles among requests without an answer: lower bounds."""
    answered_per_s: float
    """Correct responses inside the windows."""
    server_cpu_s_per_1000: float | None
    """CPU time of the server per 1,000 correct responses; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Knee:
    """Where response times begin to rise: between these two rates, both measured."""

    flat_per_s: float
    """The highest rate at which p99 stays within the factor."""
    risen_per_s: float
    """The lowest rate above it."""
    low_load_p99_ns: int
    """At the lowest rate."""


def curve(trials: Iterable[CapacityTrial], extra: Iterable[float] = ()) -> tuple[Point, ...]:
    """Add up the trials of each rate; `extra` are quantiles to show besides the usual ones."""
    by_rate: dict[float, list[CapacityTrial]] = {}
    for trial in trials:
        if trial.verdict != "void":
            by_rate.setdefault(trial.ask.rate_per_s, []).append(trial)
    quantiles = sorted({*_SHOWN, *extra})
    return tuple(_point(rate, by_rate[rate], quantiles) for rate in sorted(by_rate))


def knee(points: Sequence[Point]) -> Knee | None:
    """Find the first rate from which on p99 is beyond twice its value at the lowest rate.

    None where it never is, or where no p99 is known.
    """
    told = [point for point in points if 0.99 in point.response_time_ns]  # noqa: PLR2004 - p99
    if not told:
        return None
    low_load_ns = told[0].response_time_ns[0.99]
    flat = [p for p in told if p.response_time_ns[0.99] <= KNEE_FACTOR * low_load_ns]
    risen = [point for point in told if point.rate_per_s > flat[-1].rate_per_s]
    if not risen:
        return None
    return Knee(flat[-1].rate_per_s, risen[0].rate_per_s, low_load_ns)


def _point(rate: float, trials: Sequence[CapacityTrial], quantiles: Sequence[float]) -> Point:
    times = decoded(trial.response_time for trial in trials)
    length_s = sum(trial.length_s for trial in trials)
    lost = sum(trial.counts.unanswered for trial in trials)
    told = [q for q in quantiles if math.floor(round(times.count * (1 - q), 6)) >= TAIL_RESPONSES]
    return Point(
        rate_per_s=rate,
        kept=sum(trial.verdict == "kept" for trial in trials),
        trials=len(trials),
        requests=sum(trial.counts.arrivals for trial in trials),
        response_time_ns={q: times.quantile(q) for q in told},
        at_least=frozenset(q for q in told if lost > (1 - q) * times.count),
        answered_per_s=sum(trial.completions for trial in trials) / length_s if length_s else 0.0,
        server_cpu_s_per_1000=_cpu(trials),
    )


def _cpu(trials: Sequence[CapacityTrial]) -> float | None:
    used = [trial.server_cpu_s for trial in trials if trial.server_cpu_s is not None]
    answered = sum(trial.answered_overall for trial in trials)
    if len(used) < len(trials) or not answered:
        return None
    return 1000 * sum(used) / answered
