"""Simulates races: how often the shipped code loses the best, and how often it names a leader.

In each row servers with one kind of noise (7 % of a figure from round to round) race for the time
of so many rounds of all of them: once to the end, and once as `timetrial race` does, where servers
that are clearly behind leave and the others go on until that time is over. Truths are: all alike;
two alike and a slower field; a leader 8, 10 and 20 % ahead of the next and of that field; a leader
20 % ahead of all others, which are alike. In the field each takes a quarter longer for a request
than the one before it. It takes no server; the numbers of races and the seed are options.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from families import NOISES
from timetrial.analysis.statistics.comparisons import compare_with_best, is_significant
from timetrial.analysis.statistics.measured import Measured, Procedure
from timetrial.analysis.statistics.pairs import Layout, Pair, PairOfLayout
from timetrial.analysis.statistics.racing import FIRST_LOOK, clearly_behind
from timetrial.analysis.statistics.shared_variance import Figures

SEED = 20_261_130
RUNS = 400
STACKS, ROUNDS = (3, 4, 6, 9, 12), 6
LEADS = (0.08, 0.10, 0.20)
_NOISE, _SLOWER = 0.07, math.log(1.25)
_Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Simulated(Measured):
    """Throughput whose logarithms are known."""

    figures: Figures = field(default_factory=dict)

    def pairs(self, stacks: Sequence[str], procedure: Procedure) -> Callable[[str, str], Pair]:
        layout, left = Layout({name: self.figures[name] for name in stacks}), procedure.dropped
        return lambda a, b: PairOfLayout(layout, (a, b), is_fitted=a in left or b in left)


def simulated(figures: Figures) -> Simulated:
    return Simulated("throughput", {name: {} for name in figures}, figures=figures)


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of one race."""

    may_be_best: frozenset[str]
    dropped: frozenset[str]
    rounds: int
    """Of those that stayed."""


def raced(values: _Values, rounds: int, *, drops_slower: bool) -> Ended:
    """Race, where `values` has a row a stack, and columns for as many rounds as there may be."""
    names = tuple(map(str, range(len(values))))
    left: frozenset[str] = frozenset()
    figures: dict[str, dict[int, float]] = {name: {} for name in names}
    time = rounds * len(names)
    number = 0
    while (staying := [name for name in names if name not in left]) and time >= len(staying):
        time -= len(staying)
        number += 1
        for name in staying:
            figures[name][number] = float(values[int(name), number - 1])
        if drops_slower and number >= FIRST_LOOK and time >= len(staying):
            left |= set(clearly_behind(simulated(figures), staying, staying, left))
    pairs = compare_with_best(simulated(figures), names, Procedure(dropped=left))
    alike = {pair.b for pair in pairs if not is_significant(pair)}
    return Ended(frozenset({pairs[0].a, *alike}), left, number)


@dataclass(frozen=True, slots=True)
class Shares:
    """Of so many races each."""

    missed: float
    """One of the truly best is not among those that may be the best."""
    lost: float
    """One of them left before the end."""
    alone: float
    """The first is named alone."""
    rounds: float
    """Of those that stayed, on average."""


def shares(
    truth: Sequence[float], noise: str, *, drops_slower: bool, runs: int, seed: int
) -> Shares:
    numbers = np.random.default_rng(seed)
    best = {str(place) for place, mean in enumerate(truth) if mean == max(truth)}
    means, most = np.array(truth)[:, None], ROUNDS * len(truth)
    counts = np.zeros(4)
    for _ in range(runs):
        made = _NOISE * NOISES[noise](numbers, (len(truth), most))
        # Which of the stacks is the noisiest one has nothing to do with its speed.
        ended = raced(numbers.permutation(made) + means, ROUNDS, drops_slower=drops_slower)
        # Of several that are the best, one by one would do: the first stands for all.
        missed = min(best, key=int) not in ended.may_be_best
        lost = min(best, key=int) in ended.dropped
        counts += (missed, lost, ended.may_be_best == {"0"}, ended.rounds)
    return Shares(*(counts / runs).tolist())


def truths(stacks: int) -> Mapping[str, Sequence[float]]:
    field = [-_SLOWER * place for place in range(stacks - 1)]
    return {
        "all alike": [0.0] * stacks,
        "two alike": [0.0, *field],
        **{f"{100 * lead:g} % ahead": [math.log1p(lead), *field] for lead in LEADS},
        "20 % ahead of equals": [math.log1p(LEADS[-1]), *[0.0] * (stacks - 1)],
    }


HEAD = (
    "| servers | noise | races | all alike: missed (left) | two alike: missed (left) | 8 % ahead "
    "| 10 % | 20 % | 20 % ahead of equals | rounds |\n"
    "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|"
)
"""A share of races in which a leader is named alone stands before that without racing."""


def row(count: int, noise: str, runs: int, seed: int) -> str:
    found = {
        name: tuple(
            shares(truth, noise, drops_slower=drops, runs=runs, seed=seed)
            for drops in (True, False)
        )
        for name, truth in truths(count).items()
    }
    alike, two, *leading = found.values()
    missed = (f"{racing.missed:.1%} ({racing.lost:.1%})" for racing, _ in (alike, two))
    alone = (f"{racing.alone:.0%} / {whole.alone:.0%}" for racing, whole in leading)
    rounds = leading[0][0].rounds
    return f"| {count} | {noise} | {runs} | {' | '.join((*missed, *alone))} | {rounds:.1f} |"


def table(stacks: Sequence[int], runs: int, seed: int) -> Iterator[str]:
    yield HEAD
    for count, noise in itertools.product(stacks, NOISES):
        yield row(count, noise, runs, seed)


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulate races.")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--stacks", type=int, nargs="+", default=STACKS)
    given = parser.parse_args()
    for line in table(given.stacks, given.runs, given.seed):
        print(line, flush=True)


if __name__ == "__main__":
    main()
