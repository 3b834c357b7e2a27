"""Quantiles of response time: from merged histograms, never from averaged quantiles.

The interval is a delete-one-round jackknife-t of the log quantile (Tukey 1958; Miller, The
jackknife: a review, Biometrika 1974): response times within a round depend on each other, so that
order statistics of the pooled sample would give intervals that are far too narrow.
"""

from __future__ import annotations

import base64
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from timetrial._engine import Histogram
from timetrial.analysis.statistics.estimates import from_log
from timetrial.analysis.statistics.mean_inference import ROUNDS_FOR_INTERVAL, Evidence
from timetrial.model import (
    NOT_MEASURED,
    Counts,
    Estimate,
    Measurement,
    Missing,
    MissingKind,
    StoreError,
    Window,
    WindowStreams,
)

TAIL_RESPONSES = 100
"""Fewest responses beyond a quantile, n(1-q), for an estimate."""
TAIL_ROUNDS = 5
"""Fewest rounds with a response beyond the quantile."""
_KEPT = 32
"""Number of cached sums: consecutive checks use the histograms of the same cell."""


def response_time(measurements: Sequence[Measurement], q: float) -> Estimate | Missing:
    """Estimate the quantile `q` (0 to 1) of response time in ns, or return why it is missing."""
    counts = [window.counts for measurement in measurements for window in measurement.windows]
    return of_rounds([merged(measurement.windows) for measurement in measurements], counts, q)


def step_response_time(
    measurements: Sequence[Measurement], places: Sequence[int], q: float
) -> Estimate | Missing:
    """Estimate the same for one request of the workload, by the indices of its steps."""
    rounds = [
        [window.steps[place] for window in m.windows if window.steps for place in places]
        for m in measurements
    ]
    results = [result for of_round in rounds for result in of_round]
    return of_rounds(
        [decoded(result.response_time for result in of_round) for of_round in rounds],
        [result.counts for result in results],
        q,
    )


def iteration_time(measurements: Sequence[Measurement], q: float) -> Estimate | Missing:
    """Estimate the quantile `q` of users' times for all steps, think times included, in ns."""
    return of_rounds([decoded(w.iteration_time for w in m.windows) for m in measurements], (), q)


def connect_time(measurements: Sequence[Measurement], q: float) -> Estimate | Missing:
    """Estimate the quantile `q` of connect times, in ns."""
    return of_rounds([decoded(w.connect_time for w in m.windows) for m in measurements], (), q)


def stream_time(
    measurements: Sequence[Measurement], histogram: Callable[[WindowStreams], str], q: float
) -> Estimate | Missing:
    """Estimate the quantile `q` of one of the times of streams, in ns."""
    rounds = [[w.streams for w in m.windows if w.streams is not None] for m in measurements]
    streams = [[histogram(each) for each in of_round] for of_round in rounds if of_round]
    return of_rounds([decoded(of_round) for of_round in streams], (), q)


def first_event_time(measurements: Sequence[Measurement]) -> Estimate | Missing:
    """Estimate the median of the time to the first event of streams, in ns."""
    return stream_time(measurements, lambda streams: streams.first_event_time, 0.50)


def gap(measurements: Sequence[Measurement]) -> Estimate | Missing:
    """Estimate the p99 of the time between events of streams, in ns."""
    return stream_time(measurements, lambda streams: streams.gap, 0.99)


def of_rounds(
    rounds: Sequence[Histogram], counts: Iterable[Counts], q: float
) -> Estimate | Missing:
    """Estimate the quantile `q` (0 to 1) of one histogram a round, in its unit."""
    return of_rounds_at((q,), rounds, counts)[q]


def of_rounds_at(
    quantiles: Sequence[float], rounds: Sequence[Histogram], counts: Iterable[Counts]
) -> Mapping[float, Estimate | Missing]:
    """Estimate several quantiles of the same rounds: summing the histograms takes most time."""
    if not rounds:
        return dict.fromkeys(quantiles, NOT_MEASURED)
    everything = total(rounds)
    # Unanswered requests took longer than their recorded times.
    lost = sum(count.unanswered for count in counts)
    missing = {
        q: _too_few_responses(everything.count, q)
        or _among_the_lost(lost, everything.count, q)
        or _tail_in_too_few_rounds(rounds, everything, q)
        for q in quantiles
    }
    given = [q for q in quantiles if missing[q] is None]
    estimates = _jackknife(given, rounds, everything)
    return {q: missing[q] or estimates[q] for q in quantiles}


def merged(windows: Iterable[Window]) -> Histogram:
    """Sum the response times of windows, bucket by bucket."""
    return decoded(window.response_time for window in windows)


def decoded(histograms: Iterable[str]) -> Histogram:
    """Sum histograms in base64; '' is an empty one.

    The sum is cached and shared: callers must not modify it. Raises StoreError for one that cannot
    be decoded.
    """
    return _decoded(tuple(filter(None, histograms)))


@lru_cache(maxsize=_KEPT)
def _decoded(histograms: tuple[str, ...]) -> Histogram:
    result = Histogram()
    for text in histograms:
        try:
            result.merge_encoded(base64.b64decode(text))
        except ValueError as error:
            raise StoreError("the store holds a damaged histogram of a measurement") from error
    return result


def percentile(q: float) -> str:
    """Name a quantile: 0.99 → 'p99'."""
    return f"p{100 * q:g}"


def total(histograms: Iterable[Histogram]) -> Histogram:
    """Sum histograms into a new one."""
    result = Histogram()
    for histogram in histograms:
        result.merge(histogram)
    return result


def _too_few_responses(count: int, q: float) -> Missing | None:
    # The floating-point product may miss a whole number by a rounding error.
    beyond = round(count * (1 - q), 6)
    if beyond >= TAIL_RESPONSES:
        return None
    needed = math.ceil(round(TAIL_RESPONSES / (1 - q), 6))
    return Missing(MissingKind.TOO_FEW_RESPONSES, q=q, needed=needed, count=count)


def _among_the_lost(lost: int, count: int, q: float) -> Missing | None:
    if lost == 0 or lost / count < 1 - q:
        return None
    return Missing(MissingKind.TAIL_UNANSWERED, q=q, seen=lost, count=count)


def _tail_in_too_few_rounds(
    rounds: Sequence[Histogram], everything: Histogram, q: float
) -> Missing | None:
    edge, longest = everything.quantile(q), everything.max_ns
    seen = sum(round_.count_between(edge, longest) > 0 for round_ in rounds)
    if seen >= TAIL_ROUNDS:
        return None
    kind = MissingKind.TAIL_IN_TOO_FEW_ROUNDS
    return Missing(kind, q=q, seen=seen, needed=TAIL_ROUNDS, count=everything.count)


def _jackknife(
    quantiles: Sequence[float], rounds: Sequence[Histogram], everything: Histogram
) -> Mapping[float, Estimate]:
    filled = [round_ for round_ in rounds if round_.count]
    enough = len(filled) >= ROUNDS_FOR_INTERVAL and bool(quantiles)
    rests = log_quantiles_without_one(everything, filled, quantiles) if enough else {}

    def at(q: float) -> Estimate:
        whole = log_quantile(everything, q)
        if not enough:
            return from_log(whole, None, len(filled))
        error = jackknife_error(rests[q])
        return from_log(whole, Evidence(whole, error, len(filled)).half_width(), len(filled))

    return {q: at(q) for q in quantiles}


def log_quantiles_without_one(
    everything: Histogram, parts: Iterable[Histogram], quantiles: Iterable[float]
) -> Mapping[float, list[float]]:
    """Return log quantiles of the sum of all parts with each part left out, in turn."""
    found: dict[float, list[float]] = {q: [] for q in quantiles}
    for part in parts:
        # One at a time: together they would not fit into the caches of a CPU.
        rest = everything.without(part)
        for q, known in found.items():
            known.append(log_quantile(rest, q))
    return found


def jackknife_error(without: Sequence[float]) -> float:
    """Return the jackknife's standard error from the figures with each round left out."""
    n, mean = len(without), statistics.fmean(without)
    return math.sqrt((n - 1) / n * sum((x - mean) ** 2 for x in without))


def log_quantile(histogram: Histogram, q: float) -> float:
    return math.log(max(1, histogram.quantile(q)))
