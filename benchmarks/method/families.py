"""Simulates families of stacks: how often the shipped code errs over a whole table, and finds out.

`--first` gives the shares of tables of equals in which a ratio to the first excludes one.
`--wider` finds what moderated variances make intervals wider by (`ALL_PAIRS_WIDER`, `BEST_WIDER`);
without it, each row is a number of stacks and of rounds with one kind of noise, and the shares of
tables in which any pair's interval misses the truth, in which the set that may be the best misses
it, and in which a leader 20 % ahead of equals (at 7 % noise) is named alone. It takes no server;
the numbers of runs and the seed are options.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from timetrial.analysis.statistics import studentized
from timetrial.analysis.statistics.design import LOOKS, ONE_LOOK, SEVERAL_LOOKS, Design
from timetrial.analysis.statistics.families import AllPairs, Family, WithBest
from timetrial.analysis.statistics.mean_inference import Evidence, evidence
from timetrial.analysis.statistics.shared_variance import PRIOR, shared_variance

SEED = 20_261_130
RUNS = 2_000
LEVEL = 0.05
STACKS, ROUNDS = (3, 6, 12), (3, 4, 6, 12)
_NOISE, _LEAD = 0.07, math.log(1.2)
_WILD = 0.1
"""Share of rounds that are outlying."""
_Values = npt.NDArray[np.float64]
_Places = npt.NDArray[np.intp]
_Noise = Callable[[np.random.Generator, tuple[int, int]], _Values]


def _unequal(numbers: np.random.Generator, shape: tuple[int, int]) -> _Values:
    return numbers.standard_normal(shape) * np.geomspace(1, 4, shape[0])[:, None]


def _outliers(numbers: np.random.Generator, shape: tuple[int, int]) -> _Values:
    """Make a tenth of the rounds six times as noisy for all stacks."""
    wild = 1 + 5 * (numbers.random(shape[1]) < _WILD)
    return numbers.standard_normal(shape) * wild


NOISES: Mapping[str, _Noise] = {
    "equal": lambda numbers, shape: numbers.standard_normal(shape),
    "SD 1 : 4": _unequal,
    "t, 3 degrees": lambda numbers, shape: numbers.standard_t(3, shape) / math.sqrt(3),
    "outlying rounds": _outliers,
}


@dataclass(frozen=True, slots=True)
class Table:
    """Stacks in rounds; the logarithms of their figures."""

    figures: Mapping[str, Mapping[int, float]]

    @classmethod
    def of(cls, values: _Values) -> Table:
        rows = ((str(s), dict(enumerate(own.tolist(), 1))) for s, own in enumerate(values))
        return cls(dict(rows))

    def until(self, last: int) -> Table:
        return Table(
            {
                name: {number: y for number, y in own.items() if number <= last}
                for name, own in self.figures.items()
            }
        )

    def differences(self) -> dict[tuple[str, str], Evidence]:
        """Return how far each stack is above each of the stacks before it."""
        shared = shared_variance(self.figures)
        assert shared is not None  # noqa: S101 - tables are whole
        found = {}
        for a, b in itertools.combinations(self.figures, 2):
            own = evidence([self.figures[b][n] - self.figures[a][n] for n in self.figures[a]])
            found[a, b] = shared.of_difference(own, a, b)
        return found


def rejects(design: Design, family: Family, each: Evidence, look: int) -> bool:
    """Say whether the interval excludes no difference, by the p-value, which takes less time."""
    return design.p(each, family, look) < LEVEL


def errs_in_a_pair(table: Table, design: Design, look: int = 0) -> bool:
    """Say whether any pair of equal stacks differs."""
    family = AllPairs(len(table.figures))
    return any(rejects(design, family, each, look) for each in table.differences().values())


def may_be_best(table: Table) -> set[str]:
    """Return the stacks that may be the best, in throughput."""
    differences = table.differences()
    means = {name: sum(own.values()) / len(own) for name, own in table.figures.items()}
    best = max(means, key=means.__getitem__)
    family = WithBest(len(means))
    return {
        name
        for name in means
        if name == best
        or not rejects(
            ONE_LOOK, family, differences[min(name, best, key=int), max(name, best, key=int)], 0
        )
    }


def errs_against_first(table: Table) -> bool:
    """Say whether any of equal stacks is behind all that may be the best, as its hull says."""
    differences = table.differences()
    means = {name: sum(own.values()) / len(own) for name, own in table.figures.items()}
    best, family = may_be_best(table), WithBest(len(means))

    def is_behind(name: str, rival: str) -> bool:
        low, high = sorted((name, rival), key=int)
        return means[name] < means[rival] and rejects(ONE_LOOK, family, differences[low, high], 0)

    return any(all(is_behind(name, each) for each in best) for name in means.keys() - best)


@dataclass(frozen=True, slots=True)
class Shares:
    """Of so many tables each."""

    pair_errs: float
    best_missed: float
    named_alone: float


def shares(stacks: int, rounds: int, noise: _Noise, runs: int, seed: int) -> Shares:
    numbers = np.random.default_rng(seed)
    ahead = np.zeros((stacks, 1))
    ahead[0] = _LEAD
    counts = np.zeros(3)
    for _ in range(runs):
        values = _NOISE * noise(numbers, (stacks, rounds))
        table = Table.of(values)
        leading = may_be_best(Table.of(values + ahead))
        best = may_be_best(table)
        # Pairs of one that is the best alone have the intervals of comparisons with the best.
        errs = errs_in_a_pair(table, ONE_LOOK) or len(best) == 1
        counts += (errs, "0" not in best, leading == {"0"})
    return Shares(*(counts / runs).tolist())


def looks_err(stacks: int, noise: _Noise, runs: int, seed: int) -> float:
    """Return the share of tables with a pair of equal stacks that differs at any look."""
    numbers = np.random.default_rng(seed)
    wrong = 0
    for _ in range(runs):
        table = Table.of(_NOISE * noise(numbers, (stacks, LOOKS[-1])))
        wrong += any(
            errs_in_a_pair(table.until(rounds), SEVERAL_LOOKS, look)
            for look, rounds in enumerate(LOOKS)
        )
    return wrong / runs


def wider(stacks: int, rounds: int, runs: int, seed: int) -> tuple[float, float]:
    """Return what all pairs and the best would have to be wider by, under equal normal errors."""
    t, degrees, (i, j) = _statistics(stacks, rounds, runs, np.random.default_rng(seed))
    all_pairs = np.abs(t) / _quantiles(studentized.range_quantile, stacks, degrees) * math.sqrt(2)
    with_best = t / _quantiles(studentized.maximum_quantile, stacks - 1, degrees)
    # The truly best is any one of these equals: the first. It is missed by whoever seems better.
    over_first = np.where(j[None, :] > 0, -with_best, 0.0)[:, i == 0]
    return (
        float(np.quantile(all_pairs.max(axis=1), 1 - LEVEL)),
        float(np.quantile(over_first.max(axis=1), 1 - LEVEL)),
    )


def _statistics(
    stacks: int, rounds: int, runs: int, numbers: np.random.Generator
) -> tuple[_Values, _Values, tuple[_Places, _Places]]:
    """Return t statistics and degrees of freedom of all pairs, by the formulas of whole tables."""
    values = numbers.standard_normal((runs, rounds, stacks))
    means = values.mean(axis=1)
    residuals = values - values.mean(axis=2, keepdims=True) - means[:, None, :]
    residuals += values.mean(axis=(1, 2))[:, None, None]
    own = (residuals**2).sum(axis=1) / (rounds - 1)
    drawn = (PRIOR * own.mean(axis=1, keepdims=True) + (rounds - 1) * own) / (rounds - 1 + PRIOR)
    total = drawn.sum(axis=1, keepdims=True)
    variance = stacks / (stacks - 2) * (drawn - total / (stacks * (stacks - 1)))
    variance = np.maximum(variance, 0.05 * total / (stacks - 1))
    most = (stacks - 1) * (rounds - 1)
    i, j = (places.astype(np.intp) for places in np.triu_indices(stacks, 1))
    both = variance[:, i] + variance[:, j]
    spread = (variance[:, i] ** 2 + variance[:, j] ** 2) / min(rounds - 1 + PRIOR, most)
    t = (means[:, i] - means[:, j]) / np.sqrt(both / rounds)
    return t, np.minimum(both**2 / spread, most), (i, j)


def _quantiles(
    quantile: Callable[[float, int, float], float], means: int, degrees: _Values
) -> _Values:
    """Interpolate a quantile over the reciprocal of degrees of freedom."""
    places = np.linspace(1 / degrees.max() * 0.999, 1 / degrees.min() * 1.001, 16)
    values = [quantile(LEVEL, means, float(1 / place)) for place in places]
    return np.interp(1 / degrees, places, values)


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulate families of stacks.")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--wider", action="store_true", help="find what intervals are wider by")
    parser.add_argument("--first", action="store_true", help="judge ratios to the first alone")
    given = parser.parse_args()
    shown = _widths if given.wider else _first if given.first else _table
    for line in shown(given.runs, given.seed):
        print(line, flush=True)


def _widths(runs: int, seed: int) -> Iterator[str]:
    yield "| stacks | all pairs | the best | at most after |\n|---:|---:|---:|---:|"
    for stacks in range(3, 25):
        found = {n: wider(stacks, n, runs, seed + n) for n in (3, 4, 5, 6, 8, 12, 32)}
        worst = max(found, key=lambda n: found[n][0])
        pairs, best = (max(each[k] for each in found.values()) for k in (0, 1))
        yield f"| {stacks} | {pairs:.3f} | {best:.3f} | {worst} rounds |"


def _first(runs: int, seed: int) -> Iterator[str]:
    yield "| stacks | rounds | noise | runs | a ratio to the first errs |"
    yield "|---:|---:|---|---:|---:|"
    for stacks, rounds, (name, noise) in itertools.product(STACKS, ROUNDS, NOISES.items()):
        numbers = np.random.default_rng(seed)
        wrong = sum(
            errs_against_first(Table.of(_NOISE * noise(numbers, (stacks, rounds))))
            for _ in range(runs)
        )
        yield f"| {stacks} | {rounds} | {name} | {runs:,} | {wrong / runs:.1%} |"


def _table(runs: int, seed: int) -> Iterator[str]:
    yield "| stacks | rounds | noise | runs | a pair errs | best missed | 20 % ahead named alone |"
    yield "|---:|---:|---|---:|---:|---:|---:|"
    for stacks, rounds, (name, noise) in itertools.product(STACKS, ROUNDS, NOISES.items()):
        found = shares(stacks, rounds, noise, runs, seed)
        yield (
            f"| {stacks} | {rounds} | {name} | {runs:,} | {found.pair_errs:.1%} | "
            f"{found.best_missed:.1%} | {found.named_alone:.1%} |"
        )
    for stacks, (name, noise) in itertools.product((3, 6), NOISES.items()):
        found_at_looks = looks_err(stacks, noise, runs // 4, seed)
        yield f"| {stacks} | 12 to 32 | {name} | {runs // 4:,} | {found_at_looks:.1%} | | |"


if __name__ == "__main__":
    main()
