"""Simulates rounds whose truth is known: intervals have to hold it, and equal stacks to be equal.

What the recorded rounds of this folder cannot show, because nobody knows their truth: response
times whose quantile is known, and stalls that come in some rounds. It takes no server and about a
minute; exit code 1 says that a share is farther from what it should be than chance explains.
"""

from __future__ import annotations

import argparse
import base64
import math
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from timetrial._engine import Histogram
from timetrial.analysis.statistics.comparisons import compare, is_significant
from timetrial.analysis.statistics.design import LOOKS, SEVERAL_LOOKS
from timetrial.analysis.statistics.measured import Measured, Procedure
from timetrial.analysis.statistics.pairs import Rounds
from timetrial.analysis.statistics.quantile import response_time
from timetrial.model.measurement import Counts, Measurement, Memory, Window
from timetrial.model.metrics import QuantileMetric
from timetrial.model.summary import Estimate, Missing
from timetrial.model.trial import Cell, Trial
from timetrial.model.units import NS_PER_S

SEED = 20_261
SMALL = 0.1
"""The part of all runs that `--quick` makes."""
_LENGTH_NS = NS_PER_S
_STACKS = ("a", "b", "c")
_EFFECTS = {"a": 0.0, "b": 0.02, "c": 0.05}
_TRUTH_MS = 4.0
_RATIO = 1.1
_STALLED_ROUNDS, _STALLED_RESPONSES = 0.5, 0.02


@dataclass(frozen=True, slots=True)
class Simulation:
    """Something that happens in a known share of runs."""

    name: str
    happens: Callable[[np.random.Generator], bool]
    """Whether it does in one run."""
    runs: int
    share: float
    """How often it should happen …"""
    at_least: bool
    """… at least, or at most."""
    errors: float = 4.0
    """So many standard errors of that share are chance."""

    def limit(self, runs: int) -> float:
        """Return the share of so many runs that chance still explains."""
        chance = self.errors * math.sqrt(self.share * (1 - self.share) / runs)
        return self.share - chance if self.at_least else self.share + chance

    def found(self, runs: int, seed: int = SEED) -> float:
        """Return the share of so many runs in which it happens."""
        numbers = np.random.default_rng(seed)
        return sum(self.happens(numbers) for _ in range(runs)) / runs

    def holds(self, found: float, runs: int) -> bool:
        """Say whether a share of so many runs is as it should be."""
        return found >= self.limit(runs) if self.at_least else found <= self.limit(runs)


def median_is_held(numbers: np.random.Generator, rounds: int) -> bool:
    """Rounds differ from each other: the pooled sample's own interval would be far too narrow."""
    moods = 0.05 * numbers.standard_normal((rounds, 1))
    times = np.exp(math.log(_TRUTH_MS) + moods + 0.3 * numbers.standard_normal((rounds, 400)))
    measured = _rounds_with(times.tolist())
    return _covers(response_time([*measured.values()], 0.5), _TRUTH_MS * 1e6)


def quantile_ratio_is_held(numbers: np.random.Generator, metric: QuantileMetric) -> bool:
    """Rounds differ from each other, and each stack has moods of its own."""
    moods = 0.05 * numbers.standard_normal((2, 12, 1))
    a, b = np.exp(moods + 0.3 * numbers.standard_normal((2, 12, 300)))
    rounds = {"a": _rounds_with(a.tolist()), "b": _rounds_with((_RATIO * b).tolist())}
    (found,) = compare(Measured(metric, rounds), ["b", "a"])
    return _covers(found.ratio, _RATIO)


def stalls_alarm(numbers: np.random.Generator) -> bool:
    """The p99 lies now before and now after them: the worst case for a jackknife."""
    in_round = numbers.random((2, 12, 1)) < _STALLED_ROUNDS
    stalled = in_round & (numbers.random((2, 12, 400)) < _STALLED_RESPONSES)
    calm = np.exp(0.05 * numbers.standard_normal((2, 12, 1)) + 0.3 * numbers.random((2, 12, 400)))
    a, b = np.where(stalled, 50.0 * calm, calm).tolist()
    measured = Measured("p99_ns", {"a": _rounds_with(a), "b": _rounds_with(b)})
    (found,) = compare(measured, ["b", "a"])
    return is_significant(found)


def equal_family_alarms(numbers: np.random.Generator) -> bool:
    rounds = _rounds_apart(dict.fromkeys(_STACKS, 0.0), 0.02, numbers)
    found = compare(
        Measured("throughput", rounds), _STACKS, procedure=Procedure(SEVERAL_LOOKS, LOOKS[-1])
    )
    # What an earlier look decided is still decided at the last one.
    return any(map(is_significant, found))


def every_look_holds_all_ratios(numbers: np.random.Generator) -> bool:
    rounds = _rounds_apart(_EFFECTS, 0.03, numbers)
    return all(
        _covers(each.ratio, math.exp(_EFFECTS[each.b] - _EFFECTS[each.a]))
        for look in LOOKS
        for each in compare(
            Measured("throughput", _until(rounds, look)),
            _STACKS,
            procedure=Procedure(SEVERAL_LOOKS, look),
        )
    )


SIMULATIONS = (
    *(
        Simulation(
            f"the interval of a median of {rounds} rounds holds it",
            partial(median_is_held, rounds=rounds),
            400,
            0.95,
            at_least=True,
        )
        for rounds in (5, 10)
    ),
    *(
        Simulation(
            f"the interval of a ratio of {metric[:3]} holds it",
            partial(quantile_ratio_is_held, metric=metric),
            300,
            0.95,
            at_least=True,
        )
        for metric in ("p50_ns", "p99_ns")
    ),
    Simulation(
        "stalls make a difference between equal stacks",
        stalls_alarm,
        300,
        0.05,
        at_least=False,
        errors=2.0,
    ),
    Simulation(
        "a family of equal stacks alarms at one of four looks",
        equal_family_alarms,
        600,
        0.05,
        at_least=False,
    ),
    Simulation(
        "repeated intervals of a family hold at every look",
        every_look_holds_all_ratios,
        300,
        0.95,
        at_least=True,
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Hold intervals and verdicts to a known truth.")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs")
    given = parser.parse_args(arguments)
    missed = 0
    print("| what | runs | found | limit | met |\n|---|---:|---:|---:|---|")
    for each in SIMULATIONS:
        runs = round(each.runs * (SMALL if given.quick else 1))
        found = each.found(runs, given.seed)
        met = each.holds(found, runs)
        missed += not met
        sign = "≥" if each.at_least else "≤"
        limit = f"{sign} {each.limit(runs):.1%}"
        print(f"| {each.name} | {runs} | {found:.1%} | {limit} | {'yes' if met else 'no'} |")
    return 1 if missed else 0


def _rounds_apart(
    effects: Mapping[str, float], noise: float, numbers: np.random.Generator
) -> dict[str, Rounds]:
    """Give stacks whose throughput lies by these log effects apart, with noise of rounds."""
    return {
        name: {
            number: _measurement(number, round(1e7 * math.exp(effect + noise * wild)), [1.0])
            for number, wild in enumerate(numbers.standard_normal(LOOKS[-1]), start=1)
        }
        for name, effect in effects.items()
    }


def _until(rounds: Mapping[str, Rounds], last: int) -> dict[str, Rounds]:
    return {
        name: {number: each for number, each in own.items() if number <= last}
        for name, own in rounds.items()
    }


def _rounds_with(times_ms: Sequence[Sequence[float]]) -> Rounds:
    """Give one measurement a round, each of one window with these response times."""
    return {
        number: _measurement(number, len(own), own) for number, own in enumerate(times_ms, start=1)
    }


def _measurement(round_: int, completions: int, times_ms: Sequence[float]) -> Measurement:
    histogram = Histogram()
    for time_ms, count in Counter(times_ms).items():
        histogram.record(round(time_ms * 1e6), count)
    window = Window(
        index=0,
        started_ns=0,
        opened_ns=0,
        closed_ns=_LENGTH_NS,
        drained_ns=_LENGTH_NS,
        counts=Counts(arrivals=completions, ok=completions),
        completions=completions,
        completions_overall=completions,
        response_time=base64.b64encode(histogram.encode()).decode(),
        server_cpu_s=None,
        generator_cpu_s=0.0,
        generator_threads=1,
        connections_reached=1,
        connects=0,
        bytes_received=0,
    )
    trial = Trial(round_, Cell("simulated", "simulated"))
    return Measurement(trial, (window,), Memory(1, 0), (), ())


def _covers(estimate: Estimate | Missing, truth: float) -> bool:
    if isinstance(estimate, Missing) or estimate.low is None or estimate.high is None:
        return False
    return estimate.low <= truth <= estimate.high


if __name__ == "__main__":
    sys.exit(main())
