"""Paired inference: the log ratio ln(b/a) of two stacks, from the rounds so far.

Of three and more stacks, the difference of a round is that of the logarithms of its totals, and all
pairs share what is known of the variances (`shared_variance`).

Of two stacks, the difference of a round is the median over its windows, matched by turn:
the k-th window of one stack is close in time to the k-th of the other, so that both share the
machine's noise. Over rounds: mean and t interval. A round in which one stack has no figure is left
out for this pair only.

Quantiles of response time are taken from the sums of all rounds, with a delete-one-round jackknife
of the log ratio: each round is left out of both stacks at once. Where some rounds have stalls, so
that the quantile lies now before and now after a gap, the jackknife alone rejects for equal stacks
in one comparison of five. Therefore the t test of the rounds' quantiles has to reject, too, and the
interval is at least as wide as theirs.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from timetrial._engine import Histogram
from timetrial.analysis.statistics.estimates import window_cpu_s_per_1000, window_throughput
from timetrial.analysis.statistics.mean_inference import ROUNDS_FOR_INTERVAL, Evidence, evidence
from timetrial.analysis.statistics.quantile import (
    jackknife_error,
    log_quantile,
    log_quantiles_without_one,
    merged,
    total,
)
from timetrial.analysis.statistics.shared_variance import (
    Figures,
    SharedVariance,
    shared_variance,
)
from timetrial.analysis.statistics.speed_covariate import Adjusted, adjusted
from timetrial.model import (
    QUANTILES,
    ComparedMetric,
    CovariateRefusal,
    Measurement,
    PairedMetric,
    Window,
)

Rounds = Mapping[int, Measurement]
"""One stack's measurements by the round's number."""

BUCKET = math.log(1.001)
"""The largest error of a quantile from a histogram's buckets: see `Histogram`."""

_Figure = Callable[[Sequence[Window]], float | None]
_FIGURES: Mapping[PairedMetric, _Figure] = {
    "throughput": window_throughput,
    "cpu_s_per_1000": window_cpu_s_per_1000,
}


class Pair(Protocol):
    """Two stacks in one metric."""

    def until(self, last_round: int) -> Evidence | None:
        """Return the evidence of the rounds up to `last_round`; None without a common round."""

    def robust(self, last_round: int) -> float | None:
        """Return the Hodges-Lehmann estimate of the same; None where there is none."""

    def adjusted(self, last_round: int) -> Adjusted | CovariateRefusal | None:
        """Return how the machine's speed adjusted it, or why not; None without a speed."""


@dataclass(frozen=True, slots=True)
class PairOfRounds:
    """A metric with a difference in every round."""

    differences: Mapping[int, float]
    """ln(b/a) by round."""
    resolution: float = 0.0
    speeds: Mapping[int, float] | None = None
    """Differences of the machine's speed by round, where they may adjust the others."""

    def until(self, last_round: int) -> Evidence | None:
        by = self.adjusted(last_round)
        values = self._values(last_round, by)
        if not values or not isinstance(by, Adjusted):
            return evidence(values, self.resolution) if values else None
        return _by_slope(evidence(values, self.resolution + by.resolution), by)

    def robust(self, last_round: int) -> float | None:
        values = self._values(last_round, self.adjusted(last_round))
        return hodges_lehmann(values) if values else None

    def adjusted(self, last_round: int) -> Adjusted | CovariateRefusal | None:
        if self.speeds is None:
            return None
        until = {r: d for r, d in self.differences.items() if r <= last_round}
        known = {r: x for r, x in self.speeds.items() if r in until}
        return adjusted(
            {"a": dict.fromkeys(until, 0.0), "b": until},
            {"a": dict.fromkeys(known, 0.0), "b": known},
        )

    def _values(self, last_round: int, by: Adjusted | CovariateRefusal | None) -> list[float]:
        differences = self.differences
        if isinstance(by, Adjusted):
            a, b = by.figures["a"], by.figures["b"]
            differences = {r: b[r] - a[r] for r in b}
        return [d for number, d in sorted(differences.items()) if number <= last_round]


def _by_slope(found: Evidence, by: Adjusted) -> Evidence:
    return replace(found, degrees_of_freedom=found.degrees_of_freedom * by.degrees_share)


@dataclass(frozen=True, slots=True)
class LayoutUntil:
    """A layout up to some round."""

    figures: Figures
    """Adjusted, where they could be."""
    variance: SharedVariance | None
    adjusted: Adjusted | CovariateRefusal | None


class Layout:
    """The figures of three and more stacks in one metric, with results cached for several pairs."""

    def __init__(self, figures: Figures, speeds: Figures | None = None) -> None:
        self._figures = figures
        self._speeds = speeds
        self._known: dict[int, LayoutUntil] = {}

    def until(self, last_round: int) -> LayoutUntil:
        if last_round not in self._known:
            figures = _rounds_until(self._figures, last_round)
            found = None
            if self._speeds is not None:
                found = adjusted(figures, _rounds_until(self._speeds, last_round))
            if isinstance(found, Adjusted):
                figures = found.figures
            self._known[last_round] = LayoutUntil(figures, shared_variance(figures), found)
        return self._known[last_round]


def _rounds_until(figures: Figures, last_round: int) -> Figures:
    return {
        name: {number: y for number, y in own.items() if number <= last_round}
        for name, own in figures.items()
    }


@dataclass(frozen=True, slots=True)
class PairOfLayout:
    """Two of three and more stacks, with the variances that all of them share."""

    layout: Layout
    names: tuple[str, str]
    """a and b."""
    resolution: float = 0.0
    is_fitted: bool = False
    """Whether one of them left before the end: then the fit of the whole layout compares them."""

    def until(self, last_round: int) -> Evidence | None:
        layout = self.layout.until(last_round)
        own, by = self._alone(layout).until(last_round), layout.adjusted
        if own is None or own.error is None or layout.variance is None:
            return own
        variance = layout.variance
        compare = variance.fitted_difference if self.is_fitted else variance.of_difference
        found = compare(own, *self.names)
        return _by_slope(found, by) if isinstance(by, Adjusted) else found

    def robust(self, last_round: int) -> float | None:
        return self._alone(self.layout.until(last_round)).robust(last_round)

    def adjusted(self, last_round: int) -> Adjusted | CovariateRefusal | None:
        return self.layout.until(last_round).adjusted

    def _alone(self, layout: LayoutUntil) -> PairOfRounds:
        a, b = (layout.figures[name] for name in self.names)
        by = layout.adjusted
        resolution = self.resolution + (by.resolution if isinstance(by, Adjusted) else 0.0)
        return PairOfRounds(_apart(a, b), resolution)


class ResponseTimes:
    """One stack's response times by round, with results cached for several pairs."""

    def __init__(self, rounds: Mapping[int, Histogram]) -> None:
        self.rounds = rounds
        self._known: dict[tuple[int, ...], Mapping[float, tuple[float, list[float]]]] = {}

    def log_quantile(self, rounds: tuple[int, ...], q: float) -> tuple[float, list[float]]:
        """Return the log quantile of these rounds, and those with each round left out."""
        if rounds not in self._known:
            histograms = [self.rounds[number] for number in rounds]
            everything = total(histograms)
            parts = histograms if len(rounds) >= ROUNDS_FOR_INTERVAL else ()
            rests = log_quantiles_without_one(everything, parts, QUANTILES.values())
            self._known[rounds] = {q: (log_quantile(everything, q), rests[q]) for q in rests}
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
        del last_round  # A quantile's jackknife has no differences of single rounds.
        return None

    def adjusted(self, last_round: int) -> Adjusted | CovariateRefusal | None:
        del last_round  # Its response times hold more than the machine's speed.
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
    speeds: Figures | None = None,
) -> Callable[[str, str], Pair]:
    """Return the function from two stacks' names, a and b, to their pair in a metric."""
    if metric == "p50_ns" or metric == "p99_ns":  # noqa: PLR1714 - the type narrows by it
        times_of = times or {name: response_times(of_stack) for name, of_stack in rounds.items()}
        q = QUANTILES[metric]
        return lambda a, b: PairOfQuantiles(times_of[a], times_of[b], q)
    figure = None if metric == "memory_bytes" else _remembered(_FIGURES[metric])
    return lambda a, b: PairOfRounds(
        round_differences(metric, rounds[a], rounds[b], figure),
        max(resolutions.get(stack, 0.0) for stack in (a, b)),
        None if speeds is None else _apart(speeds[a], speeds[b]),
    )


def _apart(a: Mapping[int, float], b: Mapping[int, float]) -> dict[int, float]:
    return {number: b[number] - a[number] for number in a.keys() & b.keys()}


def sharing_pairs_in(
    metric: PairedMetric,
    rounds: Mapping[str, Rounds],
    resolutions: Mapping[str, float],
    speeds: Figures | None = None,
    dropped: Container[str] = (),
) -> Callable[[str, str], Pair]:
    """Return the function from two stacks' names to their pair, with shared variances.

    Those `dropped` left a race before its end.
    """
    figures = {name: log_figures(metric, of_stack) for name, of_stack in rounds.items()}
    layout = Layout(figures, speeds)
    return lambda a, b: PairOfLayout(
        layout,
        (a, b),
        max(resolutions.get(stack, 0.0) for stack in (a, b)),
        is_fitted=a in dropped or b in dropped,
    )


def log_figures(metric: PairedMetric, rounds: Rounds) -> dict[int, float]:
    """Return the logarithm of a stack's figure in every round that has one."""
    figures = {
        number: float(m.memory.total_bytes)
        if metric == "memory_bytes"
        else _FIGURES[metric](m.windows)
        for number, m in rounds.items()
    }
    return {number: math.log(figure) for number, figure in figures.items() if figure}


def response_times(rounds: Rounds) -> ResponseTimes:
    return ResponseTimes(
        {number: merged(measurement.windows) for number, measurement in rounds.items()}
    )


def _remembered(figure: _Figure) -> _Figure:
    """Cache the figure of single windows: each stack is in several pairs."""
    known: dict[int, tuple[Window, float | None]] = {}

    def of(windows: Sequence[Window]) -> float | None:
        if len(windows) != 1:
            return figure(windows)
        (window,) = windows
        if id(window) not in known:
            # The cache keeps the window alive, so that no other object gets its id.
            known[id(window)] = window, figure(windows)
        return known[id(window)][1]

    return of


def round_differences(
    metric: PairedMetric, a: Rounds, b: Rounds, figure: _Figure | None = None
) -> dict[int, float]:
    """Return ln(b/a) of every round in which both have a figure."""
    both = sorted(a.keys() & b)
    return {
        number: difference
        for number in both
        if (difference := _difference(metric, a[number], b[number], figure)) is not None
    }


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
    """Return the median ln(b/a) over the matched windows of one round; None without a figure."""
    figure = figure or _FIGURES[metric]
    turns = _matched(a, b)
    pairs = [(figure([x]), figure([y])) for x, y in turns]
    if metric == "throughput" and any(0 in pair for pair in pairs):
        # A window without a response has no logarithm, and without it the stalled stack would be
        # favoured: the totals of the round count instead.
        pairs = [(figure([x for x, _ in turns]), figure([y for _, y in turns]))]
    logs = [math.log(y / x) for x, y in pairs if x and y]
    return statistics.median(logs) if logs else None


def hodges_lehmann(values: Sequence[float]) -> float:
    """Return the median of the means of all pairs, each value with itself included.

    Hodges and Lehmann, Estimates of location based on rank tests, Annals of Mathematical
    Statistics 34 (1963): it resists a few outliers, unlike the mean.
    """
    means = [(x + y) / 2 for i, x in enumerate(values) for y in values[i:]]
    return statistics.median(means)


def _matched(a: Sequence[Window], b: Sequence[Window]) -> list[tuple[Window, Window]]:
    """Pair windows by turn; those of a duet by their common index."""
    at_once = {x.index for x in a} & {y.index for y in b}
    if at_once:
        a, b = ([w for w in windows if w.index in at_once] for windows in (a, b))
    return list(zip(_by_turn(a), _by_turn(b), strict=False))


def _by_turn(windows: Sequence[Window]) -> list[Window]:
    return sorted(windows, key=lambda window: window.index)
