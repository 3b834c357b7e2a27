"""The one way from recorded rounds to verdicts: the code that decides in a run.

Rounds in which the machine was disturbed are left out, checks withhold figures, and the run's
design decides, as in a run that people take; `replay` makes rounds one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from replay import BENCHMARK, Round, run_of
from timetrial.analysis.cell_analysis import (
    cell_analyses,
    comparisons_of,
    excluded_rounds,
    speed_adjustments,
)
from timetrial.analysis.checks import find_in_table
from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.statistics.design import LOOKS
from timetrial.analysis.statistics.pairs import round_difference
from timetrial.analysis.stopping import interim_comparisons, stops
from timetrial.model.finding import Finding
from timetrial.model.measurement import Measurement, Window
from timetrial.model.speed import SpeedAdjustment
from timetrial.model.stop_rule import Precision
from timetrial.model.suite import Mode
from timetrial.model.summary import Comparison

Metric = Literal["throughput", "cpu_s_per_1000"]
METRICS: tuple[Metric, ...] = ("throughput", "cpu_s_per_1000")
Pair = tuple[Measurement, Measurement]
FEWEST_ROUNDS = 5
MOST_ROUNDS = LOOKS[-1]
"""Of a run that stops by itself."""
GOAL = Precision(0.01)
"""Of such runs here."""
_TWO = ("a", "b")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of the second of two against the first."""

    ratio: float
    low: float
    high: float
    sign: int
    """1: higher, -1: lower, 0: nothing detected."""

    def holds(self, ratio: float) -> bool:
        return self.low <= ratio <= self.high


Verdicts = Mapping[Metric, Verdict]
"""Metrics that checks leave no figure of are missing."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run that stops by itself came to an end."""

    rounds: int
    verdicts: Verdicts


def decide(metric: Metric, rounds: Sequence[Pair], mode: Mode) -> Verdict | None:
    """Decide on one pair; None where checks leave no figure."""
    return verdicts_of(decide_all((metric,), _TWO, _named(rounds), mode)).get(metric)


def decide_both(rounds: Sequence[Pair], mode: Mode) -> Verdicts:
    """Decide on one pair in both metrics."""
    return verdicts_of(decide_all(METRICS, _TWO, _named(rounds), mode))


def decide_all(
    metrics: Sequence[Metric], stacks: Sequence[str], rounds: Sequence[Round], mode: Mode
) -> tuple[Comparison, ...]:
    """Compare all pairs of a table in rounds whose number was fixed beforehand."""
    run = run_of(stacks, rounds, mode)
    benchmark = run.plan.suite.benchmark(BENCHMARK)
    # No stack has a twin here.
    return comparisons_of(run, benchmark, cell_analyses(run, benchmark), (), metrics)


def adjustments(
    stacks: Sequence[str], rounds: Sequence[Round], mode: Mode
) -> dict[Metric, SpeedAdjustment]:
    """Say whether the speed probe's readings adjusted the comparisons of a table."""
    run = run_of(stacks, rounds, mode)
    benchmark = run.plan.suite.benchmark(BENCHMARK)
    said = speed_adjustments(run, benchmark, cell_analyses(run, benchmark))
    return {metric: each for metric in METRICS for each in said if each.metric == metric}


def decide_at_look(
    stacks: Sequence[str], rounds: Sequence[Round], mode: Mode
) -> tuple[Comparison, ...]:
    """Compare all pairs, in both metrics, as a run does that has come to a look."""
    return interim_comparisons(run_of(stacks, rounds, mode, GOAL)).comparisons[BENCHMARK]


def findings(stacks: Sequence[str], rounds: Sequence[Round], mode: Mode) -> tuple[Finding, ...]:
    """Put rounds whose number was fixed beforehand to all checks."""
    run = run_of(stacks, rounds, mode)
    benchmark = run.plan.suite.benchmark(BENCHMARK)
    found = cell_analyses(run, benchmark)
    compared = comparisons_of(run, benchmark, found, (), METRICS)
    field = BenchmarkContext(
        tuple(e.context for e in found), {}, compared, excluded_rounds(run, benchmark)
    )
    own = itertools.chain.from_iterable(each.findings for each in found)
    return (*own, *find_in_table(field))


def at_looks(rounds: Sequence[Pair], mode: Mode) -> list[Verdicts]:
    """Decide on one pair at each look that these rounds reach, whether or not it would go on."""
    named = _named(rounds)
    reached = [look for look in LOOKS if look <= len(rounds)]
    return [verdicts_of(decide_at_look(_TWO, named[:look], mode)) for look in reached]


def go_on_until_settled(rounds: Sequence[Pair], mode: Mode) -> Ended:
    """Look at one pair as `--precision` does, and stop where it stops."""
    named = _named(rounds)
    for look in LOOKS:
        run = run_of(_TWO, named[:look], mode, GOAL)
        now = interim_comparisons(run)
        if look == MOST_ROUNDS or stops(run, now):
            break
    return Ended(look, verdicts_of(now.comparisons[BENCHMARK]))


def difference(metric: Metric, pair: Pair) -> float | None:
    """Return ln(b/a) of one round, as a run takes it; checks are not asked."""
    return round_difference(metric, pair[0].windows, pair[1].windows)


def is_significant(comparisons: Sequence[Comparison], metric: Metric) -> int:
    return sum(each.verdict in {"higher", "lower"} for each in comparisons if each.metric == metric)


def shifted(measurement: Measurement, by: float, cpu_by: float | None = None) -> Measurement:
    """Raise throughput by a log ratio, and CPU time per request by that one or another."""
    factor, cpu_factor = math.exp(by), math.exp(by if cpu_by is None else cpu_by)
    windows = tuple(_shifted(window, factor, cpu_factor) for window in measurement.windows)
    return replace(measurement, windows=windows)


def raised(metric: Metric, measurement: Measurement, by: float) -> Measurement:
    """Raise one figure of a stack by a log ratio and leave the other as it is.

    So the shares that two stacks of a duet had of the CPU time stay as they were, too, if it is
    the throughput that is raised: a window keeps its responses and its CPU time and gets shorter.
    """
    if metric == "throughput":
        return shifted(measurement, by, 0.0)
    return shifted(measurement, 0.0, by)


def _shifted(window: Window, factor: float, cpu_factor: float) -> Window:
    cpu_s = window.server_cpu_s
    return replace(
        window,
        closed_ns=window.opened_ns + round((window.closed_ns - window.opened_ns) / factor),
        server_cpu_s=None if cpu_s is None else cpu_s * cpu_factor,
    )


def _named(rounds: Sequence[Pair]) -> list[Round]:
    return [dict(zip(_TWO, pair, strict=True)) for pair in rounds]


def verdicts_of(comparisons: Sequence[Comparison]) -> dict[Metric, Verdict]:
    """Turn a pair's comparisons around so that all are of b against a."""
    found: dict[Metric, Verdict] = {}
    for metric in METRICS:
        for each in comparisons:
            if each.metric == metric:
                found[metric] = _verdict(each, turned=(each.a, each.b) != _TWO)
    return found


def _verdict(found: Comparison, *, turned: bool) -> Verdict:
    sign = {"higher": 1, "lower": -1}.get(found.verdict, 0)
    ratio = found.ratio.value
    low = 0.0 if found.ratio.low is None else found.ratio.low
    high = math.inf if found.ratio.high is None else found.ratio.high
    if turned:
        return Verdict(1 / ratio, 1 / high, 1 / low if low else math.inf, -sign)
    return Verdict(ratio, low, high, sign)
