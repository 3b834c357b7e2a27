"""Two stacks at a time: what the rounds so far say of ln(b/a).

In each round the pair's difference is d = ln(b/a), the median over its windows, which are matched
by turn: the k-th window of one stays near the k-th of the other in time, so that both share the
machine's noise. Over rounds: mean and t interval. A round in which one of the two gave nothing is
left out for this pair only.

Quantiles of response time are taken from the sums of all rounds, with a delete-one-round jackknife
of the log ratio: rounds are left out of both stacks at once. Where stalls come in some rounds, so
that the quantile lies now before and now after a gap, the jackknife alone finds differences between
equal stacks in one comparison of five. Therefore the t test of the rounds' own quantiles has to
find the difference, too, and the interval is no narrower than by these.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from timetrial._engine import Histogram
from timetrial.analysis.statistics.estimates import window_cpu_s_per_1000, window_throughput
from timetrial.analysis.statistics.mean_inference import ROUNDS_FOR_INTERVAL, Evidence, evidence
from timetrial.analysis.statistics.quantile import (
    jackknife_error,
    leave_one_out,
    log_quantile,
    merged,
)
from timetrial.model.measurement import Measurement, Window
from timetrial.model.metrics import QUANTILES, ComparedMetric, PairedMetric

Rounds = Mapping[int, Measurement]
"""One stack's measurements by the round's number."""

BUCKET = math.log(1.001)
"""The error that a histogram's buckets may put into every quantile: see `Histogram`."""

_Figure = Callable[[Sequence[Window]], float | None]
_FIGURES: Mapping[PairedMetric, _Figure] = {
    "throughput": window_throughput,
    "cpu_s_per_1000": window_cpu_s_per_1000,
}


class Pair(Protocol):
    """Two stacks in one metric."""

    def until(self, last_round: int) -> Evidence | None:
        """Return what the rounds up to that one say; None where they have nothing in common."""

    def robust(self, last_round: int) -> float | None:
        """Return the Hodges-Lehmann estimate of the same; None where there is none."""


@dataclass(frozen=True, slots=True)
class PairOfRounds:
    """A metric that has a difference in every round."""

    differences: Mapping[int, float]
    """ln(b/a) by round."""
    resolution: float = 0.0

    def until(self, last_round: int) -> Evidence | None:
        values = self._values(last_round)
        return evidence(values, self.resolution) if values else None

    def robust(self, last_round: int) -> float | None:
        values = self._values(last_round)
        return hodges_lehmann(values) if values else None

    def _values(self, last_round: int) -> list[float]:
        return [d for number, d in sorted(self.differences.items()) if number <= last_round]


class ResponseTimes:
    """One stack's response times by round; what several pairs ask of them is worked out once."""

    def __init__(self, rounds: Mapping[int, Histogram]) -> None:
        self.rounds = rounds
        self._known: dict[tuple[int, ...], Mapping[float, tuple[float, list[float]]]] = {}

    def log_quantile(self, rounds: tuple[int, ...], q: float) -> tuple[float, list[float]]:
        """Return the log quantile of these rounds, and those with each of them left out."""
        if rounds not in self._known:
            histograms = [self.rounds[number] for number in rounds]
            everything = Histogram()
            for each in histograms:
                everything.merge(each)
            rests = leave_one_out(histograms) if len(rounds) >= ROUNDS_FOR_INTERVAL else []
            self._known[rounds] = {
                q: (log_quantile(everything, q), [log_quantile(rest, q) for rest in rests])
                for q in QUANTILES.values()
            }
        return self._known[rounds][q]


@dataclass(frozen=True, slots=True)
class PairOfQuantiles:
    """A quantile of response time."""

    a: ResponseTimes
    b: ResponseTimes
    q: float
    _known: dict[int, Evidence | None] = field(default_factory=dict)

    def until(self, last_round: int) -> Evidence | None:
        if last_round not in self._known:
            self._known[last_round] = self._evidence(last_round)
        return self._known[last_round]

    def robust(self, last_round: int) -> float | None:
        del last_round  # A jackknife has no differences of single rounds.
        return None

    def _evidence(self, last_round: int) -> Evidence | None:
        rounds = tuple(
            number
            for number in sorted(self.a.rounds.keys() & self.b.rounds.keys())
            if number <= last_round and self.a.rounds[number].count and self.b.rounds[number].count
        )
        if not rounds:
            return None
        (of_a, without_a), (of_b, without_b) = (
            stack.log_quantile(rounds, self.q) for stack in (self.a, self.b)
        )
        by_round = evidence(
            [
                log_quantile(self.b.rounds[number], self.q)
                - log_quantile(self.a.rounds[number], self.q)
                for number in rounds
            ],
            BUCKET,
        )
        if by_round.error is None:
            return Evidence(of_b - of_a, None, len(rounds), BUCKET)
        ratios = [b - a for a, b in zip(without_a, without_b, strict=True)]
        error = max(jackknife_error(ratios), by_round.error)
        return Evidence(of_b - of_a, error, len(rounds), BUCKET, beside=by_round)


def pairs_in(
    metric: ComparedMetric,
    rounds: Mapping[str, Rounds],
    resolutions: Mapping[str, float],
    times: Mapping[str, ResponseTimes] | None = None,
) -> Callable[[str, str], Pair]:
    """Return what gives the pair (a, b) of stacks in a metric."""
    if metric == "p50_ns" or metric == "p99_ns":  # noqa: PLR1714 - the type narrows by it
        known = times or {name: response_times(own) for name, own in rounds.items()}
        q = QUANTILES[metric]
        return lambda a, b: PairOfQuantiles(known[a], known[b], q)
    figure = None if metric == "memory_bytes" else _remembered(_FIGURES[metric])
    return lambda a, b: PairOfRounds(
        round_differences(metric, rounds[a], rounds[b], figure),
        max(resolutions.get(stack, 0.0) for stack in (a, b)),
    )


def response_times(rounds: Rounds) -> ResponseTimes:
    return ResponseTimes({number: merged(each.windows) for number, each in rounds.items()})


def _remembered(figure: _Figure) -> _Figure:
    """Work the figure of a single window out once: its stack is in as many pairs as there are."""
    known: dict[int, tuple[Window, float | None]] = {}

    def of(windows: Sequence[Window]) -> float | None:
        if len(windows) != 1:
            return figure(windows)
        (window,) = windows
        if id(window) not in known:
            # The window is kept, so that no other can get its identity.
            known[id(window)] = window, figure(windows)
        return known[id(window)][1]

    return of


def round_differences(
    metric: PairedMetric, a: Rounds, b: Rounds, figure: _Figure | None = None
) -> dict[int, float]:
    """Give ln(b/a) of every round in which both have a figure."""
    both = sorted(a.keys() & b)
    found = ((number, _difference(metric, a[number], b[number], figure)) for number in both)
    return {number: difference for number, difference in found if difference is not None}


def _difference(
    metric: PairedMetric, a: Measurement, b: Measurement, figure: _Figure | None
) -> float | None:
    if metric == "memory_bytes":
        x, y = a.memory.total_bytes, b.memory.total_bytes
        return math.log(y / x) if x and y else None
    return round_difference(metric, a.windows, b.windows, figure)


def round_difference(
    metric: PairedMetric,
    a: Sequence[Window],
    b: Sequence[Window],
    figure: _Figure | None = None,
) -> float | None:
    """Take the median over the matched windows of one round; None where there is no figure."""
    figure = figure or _FIGURES[metric]
    turns = _matched(a, b)
    pairs = [(figure([x]), figure([y])) for x, y in turns]
    if metric == "throughput" and any(0 in pair for pair in pairs):
        # A window without a response has no logarithm, and leaving it out would favour the stack
        # that stalled: the whole round speaks instead.
        pairs = [(figure([x for x, _ in turns]), figure([y for _, y in turns]))]
    logs = [math.log(y / x) for x, y in pairs if x and y]
    return statistics.median(logs) if logs else None


def hodges_lehmann(values: Sequence[float]) -> float:
    """Return the median of the means of all pairs, each value with itself included.

    Hodges and Lehmann, Estimates of location based on rank tests, Annals of Mathematical
    Statistics 34 (1963): it resists a few wild values, which draw the mean along.
    """
    means = [(x + y) / 2 for i, x in enumerate(values) for y in values[i:]]
    return statistics.median(means)


def _matched(a: Sequence[Window], b: Sequence[Window]) -> list[tuple[Window, Window]]:
    """Pair windows by turn; those of a duet, that have one place because they are one turn."""
    at_once = {x.index for x in a} & {y.index for y in b}
    if at_once:
        a, b = ([w for w in windows if w.index in at_once] for windows in (a, b))
    return list(zip(_by_turn(a), _by_turn(b), strict=False))


def _by_turn(windows: Sequence[Window]) -> list[Window]:
    return sorted(windows, key=lambda window: window.index)
