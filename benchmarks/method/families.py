"""Simulates families of stacks: how often the shipped code errs over a whole table, and finds out.

Each row is a number of stacks and of rounds with one kind of noise, and the shares of tables of
equal stacks in which any pair differs; in which one of them is not among those that may be the best
(the one that is so most often: any of equals is the best); in which any stack is behind all that
may be; and of those in which a leader 20 % ahead of equals (at 7 % noise) is named alone. Rows with
looks go through all of them. It takes no server; the numbers of tables and the seed are options.

Verdicts are made by arrays (`many_tables.py`); of each row the first tables are put to the shipped
code, too, and a different verdict ends it.
"""

from __future__ import annotations

import argparse
import itertools
import math
from dataclasses import dataclass

import numpy as np

from made_up import figures_of, made_up
from many_tables import Verdicts, judged, judged_at_looks
from noises import NOISES, Noise, Values
from timetrial.analysis.statistics.comparisons import compare, compare_with_best, is_significant
from timetrial.analysis.statistics.design import LOOKS, ONE_LOOK, SEVERAL_LOOKS, Design
from timetrial.analysis.statistics.measured import Procedure

SEED = 20_261_130
RUNS = 10_000
CHECKED = 4
"""Tables of each row that the shipped code judges, too."""
STACKS, ROUNDS = (3, 4, 6, 9, 12), (3, 4, 6, 12)
NOISE, LEAD = 0.07, math.log(1.2)
ALLOWED = 0.06
_BATCH = 1_000
"""Tables that are held at once."""


class Differs(Exception):  # noqa: N818 - the message is what differs
    """The shipped code says something else."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Of so many tables each."""

    pair_errs: float
    best_missed: float
    first_errs: float
    named_alone: float

    def __str__(self) -> str:
        each = (self.pair_errs, self.best_missed, self.first_errs)
        said = " / ".join(f"{100 * share:.1f}" for share in each)
        return f"**{said}**" if max(each) > ALLOWED else said


@dataclass(frozen=True, slots=True)
class Sample:
    """How many tables, of which numbers, and how many of them the shipped code judges, too."""

    runs: int
    seed: int
    checked: int = 0


def shares(
    stacks: int, rounds: int, noise: Noise, sample: Sample, *, leads: bool = False
) -> Shares:
    """Judge tables of equal stacks, of 32 rounds at the looks; with `leads` with a leader, too."""
    judge, design = (judged, ONE_LOOK) if rounds < LOOKS[-1] else (judged_at_looks, SEVERAL_LOOKS)
    numbers = np.random.default_rng(sample.seed)
    runs = sample.runs
    ahead = np.zeros((stacks, 1))
    ahead[0] = LEAD
    errs = first = alone = 0
    short = np.zeros(stacks)
    for begin in range(0, runs, _BATCH):
        values = NOISE * noise(numbers, (min(_BATCH, runs - begin), stacks, rounds))
        found = judge(values)
        for place in range(max(0, min(sample.checked - begin, len(values)))):
            same_as_shipped(values[place], found, place, design)
        errs += int(found.pair_differs.sum())
        first += int(found.behind.any(axis=1).sum())
        short += found.short.sum(axis=0)
        if leads:
            alone += int(judge(values + ahead).alone[:, 0].sum())
    return Shares(errs / runs, float(short.max()) / runs, first / runs, alone / runs)


def same_as_shipped(values: Values, found: Verdicts, place: int, design: Design) -> None:
    """Put one table to the shipped code. Raises Differs."""
    stacks = len(values)
    measured = made_up(figures_of(values))
    names = tuple(measured.figures)
    pair_differs, behind, alone = False, np.zeros(stacks, bool), np.zeros(stacks, bool)
    for look in design.looks_until(values.shape[1]):
        procedure = Procedure(design, look)
        until = made_up(figures_of(values[:, :look]))
        with_best = compare_with_best(until, names, procedure)
        pair_differs |= any(map(is_significant, compare(until, names, procedure=procedure)))
        apart = [int(pair.b) for pair in with_best if is_significant(pair)]
        behind[apart] = True
        alone[int(with_best[0].a)] |= len(apart) == stacks - 1
    said = Verdicts(np.array([pair_differs]), behind, behind, alone)
    for name in ("pair_differs", "behind", "alone"):
        one, other = getattr(said, name), getattr(found, name)[place]
        if not np.array_equal(np.atleast_1d(one), np.atleast_1d(other)):
            raise Differs(f"{name} of table {place}, {stacks} stacks: {one} shipped, {other} here")


HEAD = (
    f"| stacks | rounds | {' | '.join(NOISES)} | 20 % ahead named alone |\n"
    f"|---:|---:|{'---:|' * len(NOISES)}---:|"
)
"""Shares of tables in which a pair errs / the best is missed / a ratio to the first errs, in %."""


def row(stacks: int, rounds: int, sample: Sample) -> str:
    found = {
        name: shares(stacks, rounds, noise, sample, leads=name == "equal")
        for name, noise in NOISES.items()
    }
    how = f"{LOOKS[0]} to {rounds}" if rounds == LOOKS[-1] else f"{rounds}"
    said = " | ".join(map(str, found.values()))
    return f"| {stacks} | {how} | {said} | {found['equal'].named_alone:.0%} |"


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulate families of stacks.")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--checked", type=int, default=CHECKED, help="by the shipped code, too")
    parser.add_argument("--stacks", type=int, nargs="+", default=STACKS)
    parser.add_argument("--rounds", type=int, nargs="+", default=(*ROUNDS, LOOKS[-1]))
    given = parser.parse_args()
    print(HEAD, flush=True)
    for rounds, stacks in itertools.product(given.rounds, given.stacks):
        print(row(stacks, rounds, Sample(given.runs, given.seed, given.checked)), flush=True)


if __name__ == "__main__":
    main()
