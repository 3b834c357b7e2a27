"""Simulates the speed probe: what taking the machine's speed out of figures gives, and how it errs.

Each row is a number of stacks and of rounds, the share ρ² of the error variance that goes with the
machine's speed, and by how much one stack slows the probe down without being slower itself (hidden:
an effect of the stack, not of the machine). It prints the shares of tables of equal stacks in which
any pair differs, of single pairs whose interval covers the truth (of pairs alone, without and with
what is allowed for a hidden effect), the variance of differences in units of that without a probe,
and the mean half-width likewise. By the shipped code; the numbers of runs and the seed are options.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from timetrial.analysis.statistics.families import AllPairs, Bonferroni, Family
from timetrial.analysis.statistics.mean_inference import Evidence
from timetrial.analysis.statistics.measured import LEVEL
from timetrial.analysis.statistics.pairs import Layout, Pair, PairOfLayout, PairOfRounds
from timetrial.analysis.statistics.shared_variance import FEWEST_STACKS
from timetrial.analysis.statistics.speed_covariate import Adjusted
from timetrial.analysis.statistics.t_distribution import quantile

SEED = 20_261_130
RUNS = 1_000
STACKS, ROUNDS = (2, 3, 6, 12), (3, 4, 5, 6, 8, 12)
SHARES = (0.0, 0.5, 0.9)
NOISE = 0.07
HIDDEN = (0.005, 0.01, 0.02, 0.04)
_LAST = 1_000
_Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """Shares and means over so many tables."""

    adjusted: float
    errs: float
    covers: float
    covers_narrow: float
    variance: float
    half_width: float

    def __str__(self) -> str:
        return (
            f"{self.adjusted:.0%} | {self.errs:.1%} | {self.covers:.1%} | {self.covers_narrow:.1%} "
            f"| {self.variance:.2f} | {self.half_width:.2f} |"
        )


def pairs_of(y: _Values, x: _Values | None) -> list[Pair]:
    """Return all pairs as a run makes them."""
    names = [str(place) for place in range(len(y))]
    of_y, of_x = (
        None if values is None else dict(zip(names, _rows(values), strict=True))
        for values in (y, x)
    )
    assert of_y is not None  # noqa: S101 - figures are given
    if len(names) >= FEWEST_STACKS:
        layout = Layout(of_y, of_x)
        return [PairOfLayout(layout, pair) for pair in itertools.combinations(names, 2)]
    apart = [None if v is None else dict(enumerate((v[1] - v[0]).tolist(), 1)) for v in (y, x)]
    differences, speeds = apart
    assert differences is not None  # noqa: S101 - likewise
    return [PairOfRounds(differences, speeds=speeds)]


def _rows(values: _Values) -> list[dict[int, float]]:
    return [dict(enumerate(own.tolist(), 1)) for own in values]


def simulated(  # noqa: PLR0913 - a row has as many properties
    stacks: int, rounds: int, share: float, *, hidden: float, runs: int, seed: int
) -> Row:
    numbers = np.random.default_rng(seed)
    family: Family = AllPairs(stacks) if stacks >= FEWEST_STACKS else Bonferroni(1)
    sums = np.zeros(7)
    for _ in range(runs):
        speed, rest = NOISE * numbers.standard_normal((2, stacks, rounds))
        y = -math.sqrt(share) * speed - math.sqrt(1 - share) * rest
        # Of figures that have nothing to do with speed, the probe still sees a speed.
        x = math.sqrt(share or 0.5) * speed + NOISE * numbers.standard_normal(rounds)
        x[0] += hidden
        pairs = pairs_of(y, x)
        found = [_known(pair) for pair in pairs]
        plain = [_known(pair) for pair in pairs_of(y, None)]
        figures = (
            isinstance(pairs[0].adjusted(_LAST), Adjusted),
            any(each.p(family.p) < LEVEL for each in found),
            np.mean([_covers(each, each.resolution) for each in found]),
            np.mean([_covers(each, 0.0) for each in found]),
            np.mean([each.mean**2 for each in found]),
            np.mean([each.mean**2 for each in plain]),
            _half_width(found, family) / _half_width(plain, family),
        )
        sums += np.array(figures, dtype=float)
    adjusted, errs, covers, narrow, after, before, half_width = map(float, sums / runs)
    return Row(adjusted, errs, covers, narrow, after / before, half_width)


def _known(pair: Pair) -> Evidence:
    found = pair.until(_LAST)
    assert found is not None  # noqa: S101 - all rounds are common
    return found


def _covers(found: Evidence, resolution: float) -> bool:
    error = found.error or 0.0
    return abs(found.mean) <= quantile(found.degrees_of_freedom, 1 - LEVEL) * error + resolution


def _half_width(found: list[Evidence], family: Family) -> float:
    widths = [family.errors(LEVEL, each) * (each.error or 0.0) + each.resolution for each in found]
    return float(np.mean(widths))


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulate the speed probe.")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    for line in _table(given.runs, given.seed):
        print(line, flush=True)


def _table(runs: int, seed: int) -> Iterator[str]:
    yield (
        "| stacks | rounds | ρ² | hidden | adjusted | a pair errs | covers | without allowance "
        "| variance | half-width |"
    )
    yield "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for stacks, rounds, share in itertools.product(STACKS, ROUNDS, SHARES):
        row = simulated(stacks, rounds, share, hidden=0.0, runs=runs, seed=seed)
        yield f"| {stacks} | {rounds} | {share:g} | 0 | {row}"
    for stacks, rounds, hidden in itertools.product((3, 6), (6, 12), HIDDEN):
        row = simulated(stacks, rounds, 0.9, hidden=hidden, runs=runs, seed=seed)
        yield f"| {stacks} | {rounds} | 0.9 | {hidden:.1%} | {row}"


if __name__ == "__main__":
    main()
