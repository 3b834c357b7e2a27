"""How long a run takes, expected before and during it, and its stop rule. Pure."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TypeVar

from timetrial.analysis.statistics.design import LOOKS
from timetrial.model import (
    Benchmark,
    Budget,
    DraftSuite,
    IdleConnections,
    Precision,
    SoundRounds,
    Watch,
)

_START_S = 1.0
"""Expected start of one stack; the first round corrects it."""
_STOP_ALL_S = 1.0
MOST_ROUNDS = 1_000
_SHARE_OF_WARM_UP = 0.7
"""The share of the longest warm-up that a stack usually needs."""
_SuiteT = TypeVar("_SuiteT", bound=DraftSuite)


def expected_round_s(suite: DraftSuite) -> float:
    """Expect the length of a round, in seconds: as its budget knows it, or from the plan alone."""
    if isinstance(suite.stop_rule, Budget) and suite.stop_rule.round_s:
        return suite.stop_rule.round_s
    benchmarks_s = sum(expected_benchmark_s(benchmark) for benchmark in suite.benchmarks)
    warm_up_s = max(suite.warm_up.at_least_s, _SHARE_OF_WARM_UP * suite.warm_up.at_most_s)
    # Idle connections are held by stacks that were in no other benchmark before.
    idle = [b for b in suite.benchmarks if isinstance(b.load, IdleConnections)]
    others = len(suite.benchmarks) - len(idle)
    again = sum(len(benchmark.stacks) for benchmark in idle[0 if others else 1 :])
    starts = len(suite.stacks) + again
    return starts * (_START_S + warm_up_s) + benchmarks_s + _STOP_ALL_S


def most_rounds(suite: DraftSuite, seconds: float) -> int:
    """Return an upper bound of the rounds that fit into a time."""
    benchmarks_s = sum(expected_benchmark_s(benchmark) for benchmark in suite.benchmarks)
    shortest_s = benchmarks_s + len(suite.stacks) * suite.warm_up.at_least_s
    return min(MOST_ROUNDS, 1 + math.ceil(seconds / shortest_s))


def expected_benchmark_s(benchmark: Benchmark) -> float:
    window_s = benchmark.lead_in_s + benchmark.window_s + benchmark.workload.wait_s
    if benchmark.together:
        return benchmark.windows * window_s + benchmark.workload.wait_s
    stacks = len(benchmark.stacks)
    turns = stacks * (stacks - 1) // 2 if benchmark.mode == "duet" else stacks
    return turns * benchmark.windows * window_s


@dataclass(frozen=True, slots=True)
class Pace:
    """The rounds that are done, and how long they took."""

    expected_round_s: float
    rounds: int
    rounds_done: int = 0
    alike: int = 0
    """Rounds done that had the stacks of those to come, …"""
    alike_s: float = 0.0
    """… and how long they took."""

    def after_round(self, took_s: float) -> Pace:
        done = self.rounds_done + 1
        return Pace(self.expected_round_s, self.rounds, done, self.alike + 1, self.alike_s + took_s)

    def with_fewer_stacks(self, share: float) -> Pace:
        """Expect shorter rounds, where this share of the stacks stays."""
        return Pace(share * self.round_s, self.rounds, self.rounds_done)

    @property
    def round_s(self) -> float:
        """The length of a round: as measured, or as expected before the first of its kind ends."""
        return self.alike_s / self.alike if self.alike else self.expected_round_s

    def remaining_s(self, in_this_round_s: float) -> float:
        """Return the time left when so much of the present round has passed."""
        rounds_after_it = self.rounds - self.rounds_done - 1
        return max(0.0, self.round_s - in_this_round_s) + rounds_after_it * self.round_s


def with_stop_rule(
    suite: _SuiteT,
    rounds: int | None,
    precision: float | None,
    budget: Budget | None,
    *,
    watch: bool = False,
) -> _SuiteT:
    """Set when the run stops; without any option, as the suite says, or after its rounds.

    A round in which the machine was disturbed is measured again.
    """
    if watch:
        return dataclasses.replace(suite, rounds=MOST_ROUNDS, stop_rule=Watch())
    if precision is not None:
        return dataclasses.replace(suite, rounds=LOOKS[-1], stop_rule=Precision(precision))
    if budget is not None:
        most = max(most_rounds(suite, budget.seconds), SoundRounds(budget.at_least_rounds).most)
        return dataclasses.replace(suite, rounds=most, stop_rule=budget)
    if rounds is None and suite.stop_rule is not None:
        return suite
    sound = SoundRounds(rounds or suite.rounds)
    stop_rule = sound if sound.most > sound.rounds else None
    return dataclasses.replace(suite, rounds=sound.most, stop_rule=stop_rule)
