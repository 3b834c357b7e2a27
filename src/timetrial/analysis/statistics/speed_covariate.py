"""The machine's speed as a control variate: what the speed probe saw is taken out of figures.

y* = y - θ (x - x̄), with x the mean ln(CPU time) of the probe's work in the windows of a round
(Deng, Xu, Kohavi and Walker, Improving the sensitivity of online controlled experiments, WSDM
2013). θ is the slope of the residuals of y on those of x, with the effects of rounds and of stacks
taken out of both, one slope for all stacks. For each round it is found in the other rounds, so that
the expectation of a difference between stacks stays what it is, as long as stacks do not change x.

Three things keep errors at 5 % (`benchmarks/method/speed.py`). The slope is drawn to 0 by twice its
own error, and takes a degree of freedom. Where x differs between stacks it is an effect of theirs
and no covariate. An effect that is too small to be seen would be a bias: intervals are wider by
what a difference of `UNSEEN` in x does.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from timetrial.analysis.statistics.families import AllPairs, Bonferroni, Family
from timetrial.analysis.statistics.mean_inference import evidence
from timetrial.analysis.statistics.shared_variance import (
    FEWEST_STACKS,
    Figures,
    shared_variance,
)
from timetrial.model import CovariateRefusal

UNSEEN = 0.01
"""The difference in x between stacks that is allowed for."""
LEVEL = 0.05
"""Of the test whether x differs between stacks."""
FEWEST_DEGREES = 5
"""Of the slope's error: with fewer, a slope of nothing makes figures worse."""
_ERRORS = 3.0
"""Half-width of a typical interval in standard errors: intervals have to get narrower."""
_SWEEPS = 200
_CONVERGED = 1e-12


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Figures without what the machine's speed did to them."""

    figures: Figures
    slope: float
    """Mean over rounds."""
    variance_left: float
    """Share of the error variance that is left."""
    resolution: float
    """What an unseen effect of a stack on x changes a difference by, at most."""
    degrees_share: float
    """Share of the degrees of freedom that the slope leaves."""


def adjusted(figures: Figures, speeds: Figures) -> Adjusted | CovariateRefusal:
    """Take the speeds out of the figures, or say why not; both by stack and round."""
    if not all(own.keys() <= speeds.get(name, {}).keys() for name, own in figures.items()):
        return "no-readings"
    x = {name: {r: speeds[name][r] for r in own} for name, own in figures.items()}
    slopes = _slopes(figures, x)
    if slopes is None:
        return "too-few-rounds"
    if differs(x):
        return "differs-between-stacks"
    return _narrower(figures, _without(figures, x, slopes), slopes)


def _narrower(
    figures: Figures, without: Figures, slopes: Mapping[int, float]
) -> Adjusted | CovariateRefusal:
    before, after = (_sum_of_squares(_residuals(each)) for each in (figures, without))
    degrees = _degrees(figures, slopes)
    rounds = max(map(len, figures.values()))
    resolution = UNSEEN * math.fsum(map(abs, slopes.values())) / len(slopes)
    half_widths = (_ERRORS * math.sqrt(2 * s / degrees / rounds) for s in (before, after))
    plain, narrow = half_widths
    if narrow + resolution >= plain:
        return "explains-too-little"
    slope = math.fsum(slopes.values()) / len(slopes)
    return Adjusted(without, slope, after / before, resolution, 1 - 1 / degrees)


def differs(x: Figures) -> bool:
    """Say whether any two stacks differ in x."""
    pairs = list(itertools.combinations(x, 2))
    variance = shared_variance(x) if len(x) >= FEWEST_STACKS else None
    family: Family = AllPairs(len(x)) if variance else Bonferroni(len(pairs))
    for a, b in pairs:
        both = sorted(x[a].keys() & x[b].keys())
        if not both:
            continue
        found = evidence([x[b][r] - x[a][r] for r in both])
        if variance is not None and found.error is not None:
            found = variance.of_difference(found, a, b)
        if found.error is not None and found.p(family.p) < LEVEL:
            return True
    return False


def _slopes(y: Figures, x: Figures) -> dict[int, float] | None:
    """Return the slope for each round, found without it; None where there are too few rounds."""
    numbers = sorted({r for own in y.values() for r in own})
    slopes: dict[int, float] = {}
    for left_out in numbers:
        others = [r for r in numbers if r != left_out]
        of_x, of_y = (_residuals(_of_rounds(each, others)) for each in (x, y))
        degrees = _degrees(y, others) - 1
        if degrees < FEWEST_DEGREES:
            return None
        slopes[left_out] = _slope(of_x, of_y, degrees)
    return slopes or None


def _slope(x: Figures, y: Figures, degrees: int) -> float:
    """Return the slope of y on x, drawn to 0 by twice the square of its error.

    What is expected to be nothing but chance is 0 then (James and Stein 1961, its positive part).
    """
    xx, yy = _sum_of_squares(x), _sum_of_squares(y)
    if not xx:
        return 0.0
    xy = math.fsum(value * y[name][r] for name, own in x.items() for r, value in own.items())
    explained = xy * xy / xx
    error = max(0.0, yy - explained) / degrees
    return xy / xx * max(0.0, 1 - 2 * error / explained) if explained else 0.0


def _degrees(figures: Figures, rounds: Collection[int]) -> int:
    """Return the degrees of freedom of the residuals of these rounds."""
    present = [sum(r in own for own in figures.values()) for r in rounds]
    return sum(count - 1 for count in present if count) - len(figures) + 1


def _without(y: Figures, x: Figures, slopes: Mapping[int, float]) -> Figures:
    centre = _mean(value for own in x.values() for value in own.values())
    return {
        name: {r: value - slopes[r] * (x[name][r] - centre) for r, value in own.items()}
        for name, own in y.items()
    }


def _of_rounds(figures: Figures, rounds: Collection[int]) -> Figures:
    wanted = set(rounds)
    return {name: {r: v for r, v in own.items() if r in wanted} for name, own in figures.items()}


def _residuals(figures: Figures) -> Figures:
    """Take the effects of rounds and of stacks out, in turn until nothing changes.

    Where no round lacks a stack, the first turn is the last.
    """
    left = {name: dict(own) for name, own in figures.items()}
    for _ in range(_SWEEPS):
        largest = 0.0
        for r in {number for own in left.values() for number in own}:
            mean = _mean(own[r] for own in left.values() if r in own)
            for own in left.values():
                if r in own:
                    own[r] -= mean
        for own in left.values():
            mean = _mean(own.values())
            largest = max(largest, abs(mean))
            for r in own:
                own[r] -= mean
        if largest < _CONVERGED:
            break
    return left


def _sum_of_squares(figures: Figures) -> float:
    return math.fsum(value * value for own in figures.values() for value in own.values())


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return math.fsum(known) / len(known) if known else 0.0
