"""The one way from recorded rounds to verdicts: the code that decides in a run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from timetrial.measurement import Measurement, Window
from timetrial.stats.comparisons import compare
from timetrial.summary import Comparison

Metric = Literal["throughput", "cpu_s_per_1000"]
METRICS: tuple[Metric, ...] = ("throughput", "cpu_s_per_1000")
Round = Mapping[str, Measurement]
"""What each stack gave in a round, by its name."""
Pair = tuple[Measurement, Measurement]
FEWEST_ROUNDS = 5


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


def decide(metric: Metric, rounds: Sequence[Pair]) -> Verdict | None:
    """Decide on one pair; None where there is no figure."""
    named = [{"a": a, "b": b} for a, b in rounds]
    found = decide_all(metric, ("a", "b"), named)
    return _verdict(found[0]) if found else None


def decide_all(
    metric: Metric, stacks: Sequence[str], rounds: Sequence[Round]
) -> tuple[Comparison, ...]:
    """Compare all pairs of a table in rounds that were fixed beforehand."""
    by_stack = {
        name: {number: each[name] for number, each in enumerate(rounds, start=1)} for name in stacks
    }
    # Of each pair the one that stands first is compared with the one behind it.
    return compare(metric, tuple(reversed(stacks)), by_stack)


def difference(metric: Metric, pair: Pair) -> float | None:
    """Return ln(b/a) of one round, as a run takes it."""
    found = decide_all(metric, ("a", "b"), [{"a": pair[0], "b": pair[1]}])
    return math.log(found[0].ratio.value) if found else None


def told_apart(comparisons: Sequence[Comparison]) -> int:
    return sum(each.verdict in {"higher", "lower"} for each in comparisons)


def shifted(measurement: Measurement, by: float) -> Measurement:
    """Raise both figures of a stack, throughput and CPU time per request, by a log ratio."""
    factor = math.exp(by)
    windows = tuple(_shifted(window, factor) for window in measurement.windows)
    return replace(measurement, windows=windows)


def _shifted(window: Window, factor: float) -> Window:
    cpu_s = window.server_cpu_s
    return replace(
        window,
        closed_ns=window.opened_ns + round((window.closed_ns - window.opened_ns) / factor),
        server_cpu_s=None if cpu_s is None else cpu_s * factor,
    )


def _verdict(found: Comparison) -> Verdict:
    signs = {"higher": 1, "lower": -1}
    low, high = found.ratio.low, found.ratio.high
    return Verdict(
        found.ratio.value,
        0.0 if low is None else low,
        math.inf if high is None else high,
        signs.get(found.verdict, 0),
    )
