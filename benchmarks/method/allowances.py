"""Finds what intervals of three and more stacks have to be wider by: `statistics/allowance.py`.

For each number of stacks and of rounds it makes tables of equal stacks. An allowance for the best
is such that any one of the stacks is behind the best in 5 % of tables; one for all pairs such that
any pair differs, or one stack is the best alone, in 5 %; with unequal noise 5.4 % may. (Heavy tails
and outlying rounds take less than equal noise.) It prints the table of the module and, with
`--by-noise`, what each kind of noise takes. The number of tables and the seed are options.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from many_tables import Rule, differences
from noises import NOISES, Noise, Values
from timetrial.analysis.statistics.allowance import ALL_PAIRS, BEST, allowance
from timetrial.analysis.statistics.design import LOOKS, ONE_LOOK, SEVERAL_LOOKS
from timetrial.analysis.statistics.families import AllPairs, WithBest

SEED = 20_261_201
RUNS = 20_000
STACKS = (*range(3, 13), 16, 20, 24)
APART = 12
"""Up to so many stacks each number has an allowance of its own."""
ROUNDS = (3, 4, 5, 6, 8, 12)
"""From so many rounds on; the last one holds for the four looks, too."""
ALLOWED = {"equal": 0.05, "SD 1 : 4": 0.054, "SD 1 : 4, one": 0.054, "SD 1 : 4, half": 0.054}
"""Shares of tables that may err, by noise."""
_STEP = 0.005
_VALUES = 600_000
"""Pairs that are held at once."""


@dataclass(frozen=True, slots=True)
class Needed:
    """What intervals have to be wider by."""

    all_pairs: float
    best: float

    def __or__(self, other: Needed) -> Needed:
        return Needed(max(self.all_pairs, other.all_pairs), max(self.best, other.best))

    def __str__(self) -> str:
        return f"{self.all_pairs:.3f} / {self.best:.3f}"


def needed(  # noqa: PLR0913, PLR0917 - what is made up, and how often
    stacks: int, rounds: int, noise: Noise, allowed: float, runs: int, seed: int
) -> Needed:
    """Return the allowances with which no more tables err."""
    numbers = np.random.default_rng(seed)
    batch = max(1, _VALUES // stacks**2)
    parts = [
        _exceeded(noise(numbers, (min(batch, runs - begin), stacks, rounds)))
        for begin in range(0, runs, batch)
    ]
    of_pairs, of_best, alone = (np.concatenate(each) for each in zip(*parts, strict=True))
    best = float(np.quantile(of_best, 1 - allowed, axis=0).max())
    # Where one is the best alone, the table errs whatever the pairs say.
    rest = of_pairs[alone <= best]
    left = allowed - (1 - len(rest) / runs)
    return Needed(float(np.quantile(rest, 1 - left * runs / len(rest))), best)


def _exceeded(values: Values) -> tuple[Values, Values, Values]:
    """Return below which allowance a table errs: by pairs, by stack as the best, by one alone."""
    _, stacks, rounds = values.shape
    looks = LOOKS if rounds == LOOKS[-1] else (rounds,)
    design = SEVERAL_LOOKS if rounds == LOOKS[-1] else ONE_LOOK
    so_far: list[Values] = []
    for look, until in enumerate(looks):
        found = differences(values[:, :, :until])
        pairs, best = (
            np.abs(found.t)
            / Rule(family, design, look).critical(found.degrees, until)
            * allowance(table, stacks, until)
            for family, table in ((AllPairs(stacks), ALL_PAIRS), (WithBest(stacks), BEST))
        )
        leader = found.lead.sum(axis=2).argmax(axis=1)
        own = best[np.arange(len(values)), leader]
        others = np.where(np.arange(stacks) == leader[:, None], math.inf, own)
        now = [pairs.max(axis=(1, 2)), own, others.min(axis=1)]
        so_far = [np.maximum(*each) for each in zip(so_far, now, strict=True)] if so_far else now
    of_pairs, of_best, alone = so_far
    return of_pairs, of_best, alone


def by_noise(stacks: int, rounds: int, runs: int, seed: int) -> dict[str, Needed]:
    return {
        name: needed(stacks, rounds, NOISES[name], allowed, runs, seed + 100 * stacks)
        for name, allowed in ALLOWED.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Find what intervals have to be wider by.")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--stacks", type=int, nargs="+", default=STACKS)
    parser.add_argument("--rounds", type=int, nargs="+", default=[*ROUNDS, LOOKS[-1]])
    parser.add_argument("--by-noise", action="store_true", help="print what each kind takes")
    given = parser.parse_args()
    if given.by_noise:
        for line in _listed(given.stacks, given.rounds, given.runs, given.seed):
            print(line, flush=True)
        return
    found = {
        (rounds, stacks): _worst(stacks, rounds, given.runs, given.seed)
        for rounds in given.rounds
        for stacks in given.stacks
    }
    for name in ("all_pairs", "best"):
        print(name.upper())
        for begin in ROUNDS:
            print(f"    {begin}: ({', '.join(_row(found, name, begin, given.stacks))}),")


def _worst(stacks: int, rounds: int, runs: int, seed: int) -> Needed:
    worst = Needed(0.0, 0.0)
    for each in by_noise(stacks, rounds, runs, seed).values():
        worst |= each
    return worst


def _row(
    found: dict[tuple[int, int], Needed], name: str, begin: int, stacks: Sequence[int]
) -> Iterator[str]:
    """Print a row of the module's table: rounded up, as it is for the numbers that follow."""
    last = LOOKS[-1] if begin == ROUNDS[-1] else begin
    at = {
        count: max(getattr(found[rounds, count], name) for rounds in {begin, last})
        for count in stacks
    }
    own = [value for count, value in at.items() if count <= APART]
    more = [value for count, value in at.items() if count > APART]
    for value in (*own, max(more, default=0.0)):
        if value:
            yield f"{math.ceil(value / _STEP) * _STEP:.3f}"


def _listed(stacks: Sequence[int], rounds: Sequence[int], runs: int, seed: int) -> Iterator[str]:
    yield f"| stacks | rounds | {' | '.join(ALLOWED)} |"
    yield f"|---:|---:|{'---:|' * len(ALLOWED)}"
    for at in rounds:
        for count in stacks:
            said = " | ".join(map(str, by_noise(count, at, runs, seed).values()))
            yield f"| {count} | {at} | {said} |"


if __name__ == "__main__":
    main()
