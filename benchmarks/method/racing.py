"""Simulates races: how often the shipped code loses the best, and how often it names a leader.

In each row servers with one kind of noise (7 % of a figure from round to round) race for the time
of so many rounds of all of them: once to the end, and once as `timetrial race` does, where servers
that are clearly behind leave and the others go on until that time is over. Truths are: all alike;
two alike and a slower field; a leader 8, 10 and 20 % ahead of the next and of that field; a leader
20 % ahead of all others, which are alike. In the field each takes a quarter longer for a request
than the one before it. It takes no server; the numbers of races and the seed are options.

Races are judged by arrays (`many_races.py`); of each row the first are put to the shipped code,
too, and a different end stops it.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

import many_races
from made_up import made_up
from noises import NOISES, Values
from timetrial.analysis.statistics.comparisons import compare_with_best, is_significant
from timetrial.analysis.statistics.measured import Procedure
from timetrial.analysis.statistics.racing import FIRST_LOOK, clearly_behind

SEED = 20_261_130
RUNS, FEW = 10_000, 1_000
CHECKED = 3
"""Races of each truth that the shipped code judges, too."""
STACKS, ROUNDS = (3, 4, 6, 9, 12), 6
LEADS = (0.08, 0.10, 0.20)
ALLOWED = 0.06
_NOISE, _SLOWER = 0.07, math.log(1.25)
_BATCH = 1_000
"""Races that are held at once."""


class Differs(Exception):  # noqa: N818 - the message is what differs
    """The shipped code ends a race otherwise."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of one race."""

    may_be_best: frozenset[str]
    dropped: frozenset[str]
    rounds: int
    """Of those that stayed."""


def raced(values: Values, rounds: int, *, drops_slower: bool) -> Ended:
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
            left |= set(clearly_behind(made_up(figures), staying, staying, left))
    pairs = compare_with_best(made_up(figures), names, Procedure(dropped=left))
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


@dataclass(frozen=True, slots=True)
class Sample:
    """How many races, of which numbers, and how many of them the shipped code judges, too."""

    runs: int
    seed: int
    checked: int = 0


def shares(truth: Sequence[float], noise: str, sample: Sample, *, drops_slower: bool) -> Shares:
    numbers = np.random.default_rng(sample.seed)
    best = truth.index(max(truth))
    means, most = np.array(truth)[:, None], ROUNDS * len(truth)
    counts = np.zeros(4)
    for begin in range(0, sample.runs, _BATCH):
        made = NOISES[noise](numbers, (min(_BATCH, sample.runs - begin), len(truth), most))
        # Which of the stacks is the noisiest one has nothing to do with its speed.
        order = numbers.random(made.shape[:2]).argsort(axis=1)
        values = _NOISE * np.take_along_axis(made, order[:, :, None], axis=1) + means
        ended = many_races.raced(values, ROUNDS, drops_slower=drops_slower)
        for place in range(max(0, min(sample.checked - begin, len(values)))):
            own = raced(values[place], ROUNDS, drops_slower=drops_slower)
            if own != _one(ended, place):
                raise Differs(f"race {place} of {truth}: {own} shipped, {_one(ended, place)} here")
        # Of several that are the best, one by one would do: the first stands for all.
        counts += (
            ended.behind[:, best].sum(),
            ended.left[:, best].sum(),
            ended.alone[:, 0].sum(),
            ended.rounds.sum(),
        )
    return Shares(*(counts / sample.runs).tolist())


def _one(ended: many_races.Ended, place: int) -> Ended:
    may_be_best, dropped = (
        frozenset(map(str, np.nonzero(flags)[0].tolist()))
        for flags in (~ended.behind[place], ended.left[place])
    )
    return Ended(may_be_best, dropped, int(ended.rounds[place]))


WITHOUT_LEADER = ("all alike", "two alike")
_BOTH = (True, False)


def truths(stacks: int) -> Mapping[str, Sequence[float]]:
    field = [-_SLOWER * place for place in range(stacks - 1)]
    return {
        **dict(zip(WITHOUT_LEADER, ([0.0] * stacks, [0.0, *field]), strict=True)),
        **{f"{100 * lead:g} % ahead": [math.log1p(lead), *field] for lead in LEADS},
        "20 % ahead of equals": [math.log1p(LEADS[-1]), *[0.0] * (stacks - 1)],
    }


HEAD = (
    "| servers | noise | all alike: missed (left) | two alike: missed (left) | 8 % ahead "
    "| 10 % | 20 % | 20 % ahead of equals | rounds |\n"
    "|---:|---|---:|---:|---:|---:|---:|---:|---:|"
)
"""A share of races in which a leader is named alone stands before that without racing."""


def row(count: int, noise: str, sample: Sample, few: Sample) -> str:
    """Make a row: errors of a sample, and of a smaller one how often a leader is named alone."""
    errors, leading = [], []
    for name, truth in truths(count).items():
        if name in WITHOUT_LEADER:
            racing = shares(truth, noise, sample, drops_slower=True)
            errors.append(f"{_bold(racing.missed)} ({racing.lost:.1%})")
        else:
            leading.append([shares(truth, noise, few, drops_slower=drops) for drops in _BOTH])
    alone = (f"{racing.alone:.0%} / {whole.alone:.0%}" for racing, whole in leading)
    said = " | ".join((*errors, *alone))
    return f"| {count} | {noise} | {said} | {leading[0][0].rounds:.1f} |"


def _bold(share: float) -> str:
    return f"**{share:.1%}**" if share > ALLOWED else f"{share:.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulate races.")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--few", type=int, default=FEW, help="races with a leader  [%(default)s]")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--checked", type=int, default=CHECKED, help="by the shipped code, too")
    parser.add_argument("--stacks", type=int, nargs="+", default=STACKS)
    parser.add_argument("--noises", nargs="+", choices=NOISES, default=tuple(NOISES))
    given = parser.parse_args()
    samples = (Sample(runs, given.seed, given.checked) for runs in (given.runs, given.few))
    many, few = samples
    print(HEAD, flush=True)
    for count, noise in itertools.product(given.stacks, given.noises):
        print(row(count, noise, many, few), flush=True)


if __name__ == "__main__":
    main()
