"""From a suite to the exact order of a run. Pure, and seeded."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from timetrial.model.load import ClosedLoad
from timetrial.model.suite import Benchmark, Mode, Suite
from timetrial.model.trial import Cell, Trial

_T = TypeVar("_T")
_SEEDS = 2**32


@dataclass(frozen=True, slots=True)
class PlannedBenchmark:
    """One benchmark in one round: the order of the stacks' windows."""

    benchmark: str
    turns: tuple[str, ...]
    """Names of stacks; each stack has as many turns as the benchmark has windows.

    In a duet each two consecutive stacks are loaded at once.
    """
    seed: int = 0
    """Of arrivals and think times, for a load that has some. Turns in which every stack comes once
    share one seed, so that all stacks get the same schedule."""

    def seed_of(self, turn: int) -> int:
        """Return the seed of one turn, by its place in `turns`."""
        return self.seed + turn // max(1, len(set(self.turns)))

    def duets(self) -> tuple[tuple[str, str], ...]:
        """List the pairs that are loaded at once, window by window, if this is a duet."""
        return tuple(zip(self.turns[::2], self.turns[1::2], strict=True))


@dataclass(frozen=True, slots=True)
class Round:
    """One fresh start of all stacks, then every benchmark."""

    number: int
    """Counted from 1."""
    starts: tuple[str, ...]
    benchmarks: tuple[PlannedBenchmark, ...]

    def trials(self) -> Iterator[Trial]:
        for planned in self.benchmarks:
            for stack in sorted(set(planned.turns)):
                yield Trial(self.number, Cell(planned.benchmark, stack))


@dataclass(frozen=True, slots=True)
class Plan:
    """The ordered whole."""

    suite: Suite
    seed: int
    rounds: tuple[Round, ...]

    def trials(self) -> Iterator[Trial]:
        for round_ in self.rounds:
            yield from round_.trials()


def plan(suite: Suite, seed: int) -> Plan:
    """Fix the order of starts, benchmarks and windows; the same seed gives the same plan."""
    randomness = random.Random(seed)  # noqa: S311 - an order that must be repeatable
    rounds = tuple(_round(suite, number, randomness) for number in range(1, suite.rounds + 1))
    return Plan(suite, seed, rounds)


def _round(suite: Suite, number: int, randomness: random.Random) -> Round:
    starts = _shuffled([stack.name for stack in suite.stacks], randomness)
    benchmarks = tuple(
        _benchmark(benchmark, randomness) for benchmark in _shuffled(suite.benchmarks, randomness)
    )
    return Round(number, tuple(starts), benchmarks)


def _benchmark(benchmark: Benchmark, randomness: random.Random) -> PlannedBenchmark:
    turns = _ORDERS[benchmark.mode](benchmark.stacks, benchmark.windows, randomness)
    has_schedule = not isinstance(benchmark.load, ClosedLoad)
    seed = randomness.randrange(_SEEDS) if has_schedule else 0
    return PlannedBenchmark(benchmark.name, turns, seed)


def _balanced_turns(
    stacks: Sequence[str], windows: int, randomness: random.Random
) -> tuple[str, ...]:
    """Random permutations, each followed by its reversal (for two stacks: ABBA or BAAB).

    The reversal cancels a linear drift of the machine within each pair of permutations.
    """
    turns: list[str] = []
    for _ in range(windows // 2):
        order = _shuffled(stacks, randomness)
        turns += [*order, *reversed(order)]
    return tuple(turns)


def _random_turns(
    stacks: Sequence[str], windows: int, randomness: random.Random
) -> tuple[str, ...]:
    return tuple(stack for _ in range(windows) for stack in _shuffled(stacks, randomness))


def _duet_turns(stacks: Sequence[str], windows: int, randomness: random.Random) -> tuple[str, ...]:
    """Every pair in random order, each with all of its windows in a row.

    The first of a pair has the first half of the generator's threads, so that its order is random,
    too.
    """
    pairs = _shuffled(list(itertools.combinations(stacks, 2)), randomness)
    return tuple(stack for pair in pairs for stack in _shuffled(pair, randomness) * windows)


_ORDERS: Mapping[Mode, Callable[[Sequence[str], int, random.Random], tuple[str, ...]]] = {
    "alternate": _balanced_turns,
    "whole": _random_turns,
    "duet": _duet_turns,
}


def _shuffled(items: Sequence[_T], randomness: random.Random) -> list[_T]:
    return randomness.sample(items, len(items))
