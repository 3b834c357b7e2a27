"""What trials say of a pass curve: a posterior over its middle and its width, on a grid.

The share of trials that keep an objective falls with the logarithm of the rate as a logistic curve:
it is one half at the capacity, and `width` is its scale. A trial may also go the other way for
reasons that have nothing to do with the rate (`LAPSE`). After Watson, QUEST+: A general
multidimensional Bayesian adaptive psychometric method, Journal of Vision 17 (2017). Nothing is
drawn at random.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

LAPSE = 0.02
"""Share of trials that say nothing of the rate, on either side."""
WIDTHS: Values = 0.01 * 2.0 ** (np.arange(7) / 1.5)
"""Narrower curves are taken as the first of them: an interval that relies on an edge is too
narrow wherever there is none."""
CELLS = 128
"""Capacities of a grid."""
FINEST = 0.0035
"""Log of the ratio of neighbouring capacities."""
_NEGLIGIBLE = 1e-3
"""The share of the posterior that a finer grid may leave out …"""
_LOST = 5e-3
"""… and the share near its ends from which on it is laid anew."""
_EDGE = CELLS // 16
_SURPRISING = 0.2
"""An outcome less likely than that may speak for capacities that a fine grid has left out."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trial that says something of the server."""

    rate_per_s: float
    kept: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Where the capacity may lie, all logarithms alike; natural logarithms of requests/s."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Grid:
    """Capacities at equal steps of their logarithm."""

    begin: float
    """Natural logarithm of the first."""
    level: int
    """Each level doubles the step of the one before."""

    @property
    def step(self) -> float:
        return float(FINEST * 2.0**self.level)

    @property
    def logs(self) -> Values:
        logs: Values = np.asarray(self.begin + self.step * np.arange(CELLS), np.float64)
        return logs


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """What all trials say together."""

    span: Span
    outcomes: tuple[Outcome, ...]
    grid: Grid
    weights: Values
    """By capacity and width; the sum is 1."""

    def plus(self, outcome: Outcome) -> Posterior:
        """Add a trial."""
        outcomes = (*self.outcomes, outcome)
        weights = self.weights * _likelihoods(self.grid, [outcome])[0]
        expected = weights.sum()
        weights /= expected
        if expected > _SURPRISING and _fits(self.span, self.grid, weights):
            return Posterior(self.span, outcomes, self.grid, weights)
        return _located(self.span, outcomes)

    @property
    def of_capacity(self) -> Values:
        """The share of each capacity of the grid."""
        share: Values = self.weights.sum(axis=1)
        return share

    def quantile(self, q: float) -> float:
        """Return the rate below which the capacity lies with the chance `q`."""
        summed = np.concatenate([[0.0], np.cumsum(self.of_capacity)])
        edges = self.grid.begin + self.grid.step * (np.arange(CELLS + 1) - 0.5)
        return math.exp(float(np.interp(q, summed, edges)))

    def above(self, rate_per_s: float) -> float:
        """Return the chance that the capacity is above a rate."""
        edges = self.grid.begin + self.grid.step * (np.arange(CELLS + 1) - 0.5)
        summed = np.concatenate([[0.0], np.cumsum(self.of_capacity)])
        return 1 - float(np.interp(math.log(rate_per_s), edges, summed))

    def at_least_as_wide(self, width: float) -> float:
        """Return the chance that the curve is at least so wide."""
        return float(self.weights[:, width <= WIDTHS].sum())


def posterior(span: Span, outcomes: Iterable[Outcome] = ()) -> Posterior:
    """Return what the trials say, from nothing known but the span."""
    return _located(span, tuple(outcomes))


def chance(log_rates: Values, log_capacities: Values) -> Values:
    """Return how often trials keep the objective, by rate, capacity and width."""
    excess = (log_rates[:, None] - log_capacities)[:, :, None]
    falling: Values = 0.5 - (0.5 - LAPSE) * np.tanh(excess * (0.5 / WIDTHS))
    return falling


def _likelihoods(grid: Grid, outcomes: Sequence[Outcome]) -> Values:
    """Return how likely each outcome is, by capacity and width."""
    rates = np.log([outcome.rate_per_s for outcome in outcomes])
    kept = chance(rates, grid.logs)
    is_kept = np.array([outcome.kept for outcome in outcomes], bool)[:, None, None]
    likely: Values = np.where(is_kept, kept, 1 - kept)
    return likely


def _located(span: Span, outcomes: Sequence[Outcome]) -> Posterior:
    """Lay a grid as fine as what is known permits."""
    level = max(0, math.ceil(math.log2((span.high - span.low) / (FINEST * (CELLS - 1)))))
    grid = Grid(span.low, level)
    while True:
        weights = _weights(span, grid, outcomes)
        finer = _finer(grid, weights)
        if finer is None:
            return Posterior(span, tuple(outcomes), grid, weights)
        grid = finer


def _weights(span: Span, grid: Grid, outcomes: Sequence[Outcome]) -> Values:
    inside = (grid.logs >= span.low - grid.step / 2) & (grid.logs <= span.high + grid.step / 2)
    logs = np.where(inside, 0.0, -np.inf)[:, None] + np.zeros(len(WIDTHS))
    if outcomes:
        logs += np.log(_likelihoods(grid, outcomes)).sum(axis=0)
    weights: Values = np.exp(logs - logs.max())
    weights /= weights.sum()
    return weights


def _finer(grid: Grid, weights: Values) -> Grid | None:
    """Return a grid of half the length or less that holds what matters; None if none does."""
    first, last = _held(weights)
    cells = last - first + 1 + 2 * _EDGE // 4
    finer_by = min(grid.level, math.floor(math.log2(CELLS / (1.5 * cells))))
    if finer_by < 1:
        return None
    level = grid.level - finer_by
    middle = grid.begin + grid.step * (first + last) / 2
    return Grid(middle - FINEST * 2.0**level * (CELLS - 1) / 2, level)


def _held(weights: Values) -> tuple[int, int]:
    """Return the first and the last capacity of all but a negligible share."""
    summed = np.cumsum(weights.sum(axis=1))
    first = int(np.searchsorted(summed, _NEGLIGIBLE / 2))
    return first, min(CELLS - 1, int(np.searchsorted(summed, 1 - _NEGLIGIBLE / 2)))


def _fits(span: Span, grid: Grid, weights: Values) -> bool:
    """Whether a grid neither cuts what matters nor could be much finer."""
    share = weights.sum(axis=1)
    cut_below = grid.begin > span.low and share[:_EDGE].sum() > _LOST
    cut_above = grid.logs[-1] < span.high and share[-_EDGE:].sum() > _LOST
    return not (cut_below or cut_above or _finer(grid, weights) is not None)
