"""Error variances of three and more stacks, each moderated by that of all of them.

All stacks of a benchmark run in the same rounds: ln y = round + stack + error. The error variance
of a stack is estimated from the residuals of that two-way layout, and drawn towards the mean of all
stacks by a fixed number of prior degrees of freedom (after Smyth, Linear models and empirical Bayes
methods, Statistical Applications in Genetics 3, 2004; there it is estimated, which errs with so few
stacks). A round's effect, common to all of them, is taken out. A round may lack some of the stacks:
two of which one left after some rounds are compared by the least-squares fit, in which the rounds
that it lacks tell how the stacks that stayed differ from those that it met.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from timetrial.analysis.statistics.mean_inference import ROUNDS_FOR_INTERVAL, Evidence

FEWEST_STACKS = 3
"""With two, a pair's differences have one variance, which is that of their t test."""
PRIOR = 4.0
"""Degrees of freedom of the prior."""
_LEAST = 0.05
"""Least error variance of a stack, as a share of the mean of all."""
_SINGULAR = 1e-9

Figures = Mapping[str, Mapping[int, float]]
"""Logarithms of the figures, by stack and round."""
_Round = Mapping[int, float]
"""Figures of one round by the stack's place."""
_Matrix = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Fit:
    """The least-squares fit of a layout: ln y = round + stack + error."""

    stacks: tuple[str, ...]
    rounds: Sequence[_Round]
    inverse: _Matrix
    """Of the information on the stacks' means."""

    def means(self) -> list[float]:
        """Return the stacks' means, whose sum is zero."""
        centred = [_centred(present) for present in self.rounds]
        sums = [math.fsum(row.get(i, 0.0) for row in centred) for i in range(len(self.stacks))]
        return [math.fsum(x * y for x, y in zip(row, sums, strict=True)) for row in self.inverse]

    def difference(self, a: str, b: str) -> tuple[float, dict[str, float]]:
        """Return how far b is above a, and each stack's sum of squared weights in that."""
        i, j = self.stacks.index(a), self.stacks.index(b)
        means = self.means()
        slope = [y - x for x, y in zip(self.inverse[i], self.inverse[j], strict=True)]
        squares = [0.0] * len(self.stacks)
        for present in self.rounds:
            for place, weight in _centred({place: slope[place] for place in present}).items():
                squares[place] += weight**2
        return means[j] - means[i], dict(zip(self.stacks, squares, strict=True))


@dataclass(frozen=True, slots=True)
class SharedVariance:
    """The error variances of a layout, and the degrees of freedom of each."""

    variances: Mapping[str, float]
    degrees_of_freedom: Mapping[str, float]
    most_degrees_of_freedom: float
    """Of the whole layout."""
    fit: Fit

    def of_difference(self, difference: Evidence, a: str, b: str) -> Evidence:
        """Replace the standard error of a mean difference between two stacks.

        The degrees of freedom of a sum of variances are Satterthwaite's.
        """
        of_a, of_b = self.variances[a], self.variances[b]
        spread = of_a**2 / self.degrees_of_freedom[a] + of_b**2 / self.degrees_of_freedom[b]
        most = self.most_degrees_of_freedom
        degrees = min(most, (of_a + of_b) ** 2 / spread) if spread else most
        error = math.sqrt((of_a + of_b) / difference.rounds)
        return replace(difference, error=error, degrees_of_freedom=degrees)

    def fitted_difference(self, difference: Evidence, a: str, b: str) -> Evidence:
        """Replace a mean difference by that of the fit, which all rounds of both stacks enter.

        Its standard error is that of the sum of all figures with the weights they have in it.
        """
        mean, weights = self.fit.difference(a, b)
        parts = {name: weights[name] * self.variances[name] for name in self.variances}
        variance = math.fsum(parts.values())
        spread = math.fsum(part**2 / self.degrees_of_freedom[name] for name, part in parts.items())
        most = self.most_degrees_of_freedom
        degrees = min(most, variance**2 / spread) if spread else most
        return replace(difference, mean=mean, error=math.sqrt(variance), degrees_of_freedom=degrees)


def shared_variance(figures: Figures) -> SharedVariance | None:
    """Estimate the error variances; None where the layout is too small or falls apart."""
    stacks = [name for name, own in figures.items() if len(own) >= ROUNDS_FOR_INTERVAL]
    rounds = _rounds(figures, stacks)
    count = len(stacks)
    degrees = sum(map(len, rounds)) - len(rounds) - count + 1
    inverse = _inverse(_information(rounds, count)) if count >= FEWEST_STACKS else None
    if inverse is None or degrees < ROUNDS_FOR_INTERVAL:
        return None
    fit = Fit(tuple(stacks), rounds, inverse)
    own = _own_variances(fit)
    number = [sum(place in present for present in rounds) for place in range(count)]
    mean = math.fsum(own) / count
    drawn = [
        (PRIOR * mean + (n - 1) * variance) / (n - 1 + PRIOR)
        for n, variance in zip(number, own, strict=True)
    ]
    return SharedVariance(
        dict(zip(stacks, _without_round_effect(drawn), strict=True)),
        {name: min(n - 1 + PRIOR, degrees) for name, n in zip(stacks, number, strict=True)},
        degrees,
        fit,
    )


def _rounds(figures: Figures, stacks: Sequence[str]) -> list[_Round]:
    """List the rounds with two stacks at least: the others say nothing of differences."""
    numbers = sorted({number for name in stacks for number in figures[name]})
    rounds = (
        {
            place: figures[name][number]
            for place, name in enumerate(stacks)
            if number in figures[name]
        }
        for number in numbers
    )
    return [present for present in rounds if len(present) > 1]


def _information(rounds: Sequence[_Round], count: int) -> _Matrix:
    """Return the information on the stacks' means, rounds taken out, with their sum held at 0."""
    matrix = [[1.0 / count] * count for _ in range(count)]
    for present in rounds:
        for i in present:
            matrix[i][i] += 1
            for j in present:
                matrix[i][j] -= 1 / len(present)
    return matrix


def _inverse(matrix: _Matrix) -> _Matrix | None:
    """Invert a symmetric positive definite matrix by Gauss and Jordan; None if it is singular."""
    size = len(matrix)
    rows = [[*row, *(float(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for place in range(size):
        pivot = rows[place][place]
        if pivot < _SINGULAR:
            return None
        rows[place] = [value / pivot for value in rows[place]]
        for other in range(size):
            factor = rows[other][place]
            if other != place and factor:
                rows[other] = [
                    x - factor * y for x, y in zip(rows[other], rows[place], strict=True)
                ]
    return [row[size:] for row in rows]


def _own_variances(fit: Fit) -> list[float]:
    """Return each stack's scaled sum of squared residuals, of the least-squares fit.

    The scale makes it the error variance's estimate where all variances are equal and no round
    lacks a stack, with a share of (k - 1)/k of it, as `_without_round_effect` takes it.
    """
    rounds, inverse, means = fit.rounds, fit.inverse, fit.means()
    count = len(inverse)
    centred = [_centred(present) for present in rounds]
    squares, freedom = [0.0] * count, [0.0] * count
    for present, row in zip(rounds, centred, strict=True):
        fitted = _centred({i: means[i] for i in present})
        # The inverse of a round's own block, centred in both directions, is what it adds.
        block = {i: _centred({j: inverse[i][j] for j in present}) for i in present}
        shared = {j: math.fsum(block[i][j] for i in present) / len(present) for j in present}
        for i in present:
            squares[i] += (row[i] - fitted[i]) ** 2
            freedom[i] += 1 - 1 / len(present) - (block[i][i] - shared[i])
    share = (count - 1) / count
    return [s * share / f if f > _SINGULAR else 0.0 for s, f in zip(squares, freedom, strict=True)]


def _centred(values: _Round) -> _Round:
    mean = math.fsum(values.values()) / len(values)
    return {place: value - mean for place, value in values.items()}


def _without_round_effect(drawn: Sequence[float]) -> list[float]:
    """Turn variances of residuals into error variances of single stacks."""
    count, total = len(drawn), math.fsum(drawn)
    least = _LEAST * total / (count - 1)
    return [
        max(least, count / (count - 2) * (variance - total / (count * (count - 1))))
        for variance in drawn
    ]
