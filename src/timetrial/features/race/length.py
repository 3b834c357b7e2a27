"""How long the rounds of a race take, and how they are made to fit into its budget. Pure.

What comes before the rounds is part of the budget, all but installing. Starts that were seen, and
rates once a pilot knows them, say what a round takes, before any is measured.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from timetrial.analysis.rate_calibration import calibration_suite
from timetrial.features.race.suite import (
    AT_LEAST_ROUNDS,
    BUDGET_S,
    FEW_FROM_S,
    FEWEST_LONG_WINDOWS,
    FEWEST_WINDOWS,
    LONGEST_S,
    race_info_of,
    trial_s,
    window_lengths,
    windows,
)
from timetrial.model import (
    Benchmark,
    Budget,
    DraftSuite,
    OpenLoad,
    RaceExpected,
    WarmUp,
)
from timetrial.model.workload import is_long_wait
from timetrial.runner.eta import expected_benchmark_s, with_stop_rule
from timetrial.runner.start_all import StartTimes

PLANNED_SHARE = 0.95
"""Of the time for rounds: what they take is known that well."""
OVER = 1.1
"""How much longer than its budget a race may take, for the rounds of a verdict."""
_BESIDES_S = 0.2
"""What a stack takes in a round between its start, its warm-up and its windows."""
_STOP_ALL_S = 1.3
_PROBES = 1.3
"""What it takes to ask all stacks what they really are, in times of their starts."""
_SHORTEST_S = 1.0
"""Of a trial at a rate, where a given budget holds a verdict by no longer ones."""
_DRAIN = 0.4
"""How long responses come in after a window, in times of its lead-in."""
_USUAL_WARM_UP = 0.7
_WARM_UP_CONNECTIONS = 32

_SuiteT = TypeVar("_SuiteT", bound=DraftSuite)


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """What is known before the rounds of a race."""

    starts: StartTimes
    passed_s: float
    """Since the packages were installed."""


def fitted(suite: _SuiteT, seen: SeenBefore, given_s: float | None = None) -> _SuiteT:
    """Set the lengths of trials and windows, and the budget, so that verdicts fit into it.

    Without a given one it is four minutes, or what the fewest rounds of a verdict take. In a given
    one trials are as short as need be; where it does not hold the fewest, it holds what fits.
    """
    before_s = _before_s(suite, seen)
    left_s = max(0.0, (given_s or BUDGET_S) - before_s)
    suite = with_usual_lengths(suite, seen, left_s)
    if given_s is not None:
        suite = _squeezed(suite, seen, PLANNED_SHARE * left_s / AT_LEAST_ROUNDS)
    suite = _stretched(suite, seen, PLANNED_SHARE * left_s)
    budget = _budget(before_s, round_s(suite, seen), given_s)
    return with_stop_rule(suite, None, None, budget)


def expected(suite: DraftSuite, given_s: float | None = None) -> RaceExpected:
    """Say how long a race with a fitted suite takes."""
    budget = suite.stop_rule
    assert isinstance(budget, Budget)  # noqa: S101 - `fitted` has set it
    rounds = math.floor((budget.seconds - budget.before_s) / budget.round_s)
    return RaceExpected(
        servers=sum(stack.control_of is None for stack in suite.stacks),
        budget_s=budget.seconds,
        is_given=given_s is not None,
        rounds=max(1, rounds, budget.at_least_rounds),
        rounds_of_verdict=AT_LEAST_ROUNDS,
        verdict_s=budget.before_s + AT_LEAST_ROUNDS * budget.round_s,
    )


def with_usual_lengths(suite: _SuiteT, seen: SeenBefore, left_s: float = BUDGET_S) -> _SuiteT:
    """Choose windows by response times, as far as known, and trials for ten rounds."""
    race_info = race_info_of(suite)
    saturation = suite.benchmark(race_info.capacity)
    window_s, lead_in_s = saturation.window_s, saturation.lead_in_s
    if rates := _rates(suite):
        # By Little's law; a server that is far slower than most makes no window longer.
        load = saturation.load
        response_s = load.connections * load.pipeline / statistics.median(rates.values())
        window_s, lead_in_s = window_lengths(response_s)
    is_long = window_s >= FEW_FROM_S
    fewest = FEWEST_LONG_WINDOWS if is_long else FEWEST_WINDOWS
    besides_s, shares = _besides_s(suite, seen), len(race_info.latency)
    all_of_window_s = (1 + _DRAIN) * lead_in_s + window_s
    besides_trials_s = besides_s + fewest * all_of_window_s
    duration_s = trial_s(len(suite.stacks), shares, left_s, besides_trials_s)
    count = fewest if is_long else windows(duration_s * shares, besides_s, all_of_window_s)
    return _with_trials(
        suite,
        replace(saturation, window_s=window_s, lead_in_s=lead_in_s, windows=count),
        duration_s,
    )


def round_s(suite: DraftSuite, seen: SeenBefore) -> float:
    """Expect the length of a round from what was seen before."""
    benchmarks_s = sum(_benchmark_s(suite, benchmark) for benchmark in suite.benchmarks)
    return len(suite.stacks) * _besides_s(suite, seen) + benchmarks_s + _STOP_ALL_S


def _benchmark_s(suite: DraftSuite, benchmark: Benchmark) -> float:
    windows_s = expected_benchmark_s(benchmark)
    if benchmark.name != race_info_of(suite).capacity or benchmark.together:
        return windows_s
    return windows_s + len(benchmark.stacks) * benchmark.windows * _DRAIN * benchmark.lead_in_s


def _before_s(suite: DraftSuite, seen: SeenBefore) -> float:
    pilot = calibration_suite(suite)
    pilot_s = 0.0
    if pilot is not None:
        benchmarks_s = sum(map(expected_benchmark_s, pilot.benchmarks))
        pilot_s = benchmarks_s + len(pilot.stacks) * (pilot.warm_up.at_most_s + _BESIDES_S)
    return seen.passed_s + pilot_s + _PROBES * seen.starts.all_s


def _besides_s(suite: DraftSuite, seen: SeenBefore) -> float:
    """Expect what a stack takes in a round besides its windows, on average."""
    shares = [b for b in suite.benchmarks if not is_long_wait(b.workload)] or suite.benchmarks
    rates = _rates(suite)
    warm_ups_s = [
        _warm_up_s(suite.warm_up, len(shares), rates.get(stack.control_of or stack.name))
        for stack in suite.stacks
    ]
    return seen.starts.alone_s + sum(warm_ups_s) / len(warm_ups_s) + _BESIDES_S


def _warm_up_s(limits: WarmUp, shares: int, per_s: float | None) -> float:
    if per_s is None:
        return max(limits.at_least_s, _USUAL_WARM_UP * limits.at_most_s)
    requests_s = min(limits.at_most_s, max(limits.at_least_s, limits.requests / per_s))
    # What is in flight at the end of a share comes in: on average, half of it.
    return requests_s + shares * min(1.0, _WARM_UP_CONNECTIONS / per_s) / 2


def _rates(suite: DraftSuite) -> Mapping[str, float]:
    """Return the requests a second of each stack under a closed load, once a pilot knows them."""
    loads = (suite.benchmark(name).load for name in _latency(suite))
    known = (load.of_capacity for load in loads if isinstance(load, OpenLoad))
    of = next((each for each in known if each is not None), None)
    return {} if of is None else {of.stack: of.per_s, **of.others}


def _latency(suite: DraftSuite) -> list[str]:
    """Name the benchmarks at a rate; one without any capacity is left out of the suite."""
    names = race_info_of(suite).latency
    return [benchmark.name for benchmark in suite.benchmarks if benchmark.name in names]


def _with_trials(suite: _SuiteT, saturation: Benchmark, duration_s: float) -> _SuiteT:
    latency = _latency(suite)
    benchmarks = tuple(
        saturation
        if each.name == saturation.name
        else replace(each, window_s=round(duration_s, 2))
        if each.name in latency
        else each
        for each in suite.benchmarks
    )
    return replace(suite, benchmarks=benchmarks)


def _squeezed(suite: _SuiteT, seen: SeenBefore, wanted_s: float) -> _SuiteT:
    """Take fewer windows, then shorter trials, until a round is as short as wanted, or nearly."""
    saturation = suite.benchmark(race_info_of(suite).capacity)
    latency = _latency(suite)
    duration_s = suite.benchmark(latency[0]).window_s if latency else _SHORTEST_S
    fewest = FEWEST_LONG_WINDOWS if saturation.window_s >= FEW_FROM_S else FEWEST_WINDOWS
    while (too_much_s := round_s(suite, seen) - wanted_s) > 0 and saturation.windows > fewest:
        saturation = replace(saturation, windows=saturation.windows - 2)
        suite = _with_trials(suite, saturation, duration_s)
    if too_much_s <= 0 or not latency:
        return suite
    less_s = too_much_s / (len(suite.stacks) * len(latency))
    return _with_trials(suite, saturation, max(_SHORTEST_S, duration_s - less_s))


def _stretched(suite: _SuiteT, seen: SeenBefore, left_s: float) -> _SuiteT:
    """Make trials so long that the last round ends when the time does."""
    latency = _latency(suite)
    rounds = math.floor(left_s / round_s(suite, seen))
    if rounds < AT_LEAST_ROUNDS or not latency:
        return suite
    more_s = left_s / rounds - round_s(suite, seen)
    duration_s = suite.benchmark(latency[0]).window_s
    longer_s = duration_s + more_s / (len(suite.stacks) * len(latency))
    saturation = suite.benchmark(race_info_of(suite).capacity)
    return _with_trials(suite, saturation, max(duration_s, min(LONGEST_S, longer_s)))


def _budget(before_s: float, expected_round_s: float, given_s: float | None) -> Budget:
    verdict_s = before_s + AT_LEAST_ROUNDS * expected_round_s / PLANNED_SHARE
    holds, rounds, at_most_s = True, AT_LEAST_ROUNDS, 0.0
    if given_s is None:
        seconds = max(BUDGET_S, 10 * math.ceil(verdict_s / 10))
        # One more where the machine was disturbed in one.
        at_most_s = OVER * max(seconds, before_s + (AT_LEAST_ROUNDS + 1) * expected_round_s)
    else:
        seconds, holds = given_s, before_s + AT_LEAST_ROUNDS * expected_round_s <= given_s
        rounds, at_most_s = (AT_LEAST_ROUNDS, OVER * given_s) if holds else (1, 0.0)
    return Budget(
        seconds, rounds, round(before_s, 1), round(expected_round_s, 1), round(at_most_s, 1)
    )
