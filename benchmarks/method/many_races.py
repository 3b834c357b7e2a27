"""Many races at once: who leaves, and who may be the best, as the shipped code says, by arrays.

Races end after different numbers of rounds, and rounds lack the stacks that left. `racing.py` puts
samples of the races to the shipped code, which has to say the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from many_tables import Flags, Rule
from noises import Values
from timetrial.analysis.statistics.families import Bonferroni, Family, WithBest
from timetrial.analysis.statistics.measured import LEVEL, LEVEL_AFTER_RACING
from timetrial.analysis.statistics.racing import FEWEST_LEFT, FIRST_LOOK, LOOK_LEVEL, MARGIN
from timetrial.analysis.statistics.shared_variance import FEWEST_STACKS, PRIOR

_BATCH = 250
Counts = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Ended:
    """The ends of races; the first axis is the race, the second, if any, the stack."""

    behind: Flags
    """It is not among those that may be the best."""
    left: Flags
    """It left before the end."""
    alone: Flags
    """It is the best alone."""
    rounds: Counts
    """Of those that stayed."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """The least-squares fits of layouts that lack some figures, with their shared variances."""

    present: Values
    """1 where there is a figure, by race, stack and round."""
    means: Values
    """Of each stack's own figures."""
    fitted: Values
    inverse: Values
    variance: Values
    degrees: Values
    most: Values


def raced(values: Values, rounds: int, *, drops_slower: bool) -> Ended:
    """Race for the time of so many rounds of all; axes of `values` are race, stack and round."""
    parts = [
        _raced(values[begin : begin + _BATCH], rounds, drops_slower=drops_slower)
        for begin in range(0, len(values), _BATCH)
    ]
    return Ended(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("behind", "left", "alone", "rounds")
        )
    )


def _raced(values: Values, rounds: int, *, drops_slower: bool) -> Ended:
    races, stacks, most = values.shape
    present = np.zeros(values.shape)
    left = np.zeros((races, stacks), bool)
    time, number = np.full(races, rounds * stacks), np.zeros(races, np.intp)
    for place in range(most):
        staying = stacks - left.sum(axis=1)
        goes_on = time >= staying
        if not goes_on.any():
            break
        present[goes_on, :, place] = ~left[goes_on]
        time -= np.where(goes_on, staying, 0)
        number += goes_on
        if drops_slower and place + 1 >= FIRST_LOOK:
            (looked,) = np.nonzero(goes_on & (time >= staying) & (staying >= FEWEST_STACKS))
            if len(looked):
                until = slice(0, place + 1)
                fit = _fit(values[looked][:, :, until], present[looked][:, :, until])
                left[looked] |= _leaving(fit, left[looked])
    longest = int(number.max())
    fit = _fit(values[:, :, :longest], present[:, :, :longest])
    behind, alone = _ended(fit, left)
    return Ended(behind, left, alone, number)


def _fit(values: Values, present: Values) -> _Fit:
    races, stacks, _ = values.shape
    together = present.sum(axis=1)
    # Rounds with nobody are those after the end of a race.
    share = 1 / np.maximum(together, 1)
    information = np.full((races, stacks, stacks), 1 / stacks)
    information -= np.einsum("bir,bjr,br->bij", present, present, share)
    number = present.sum(axis=2)
    information[:, np.arange(stacks), np.arange(stacks)] += number
    inverse = np.linalg.inv(information)
    centred = (values - ((values * present).sum(axis=1) * share)[:, None, :]) * present
    fitted = np.einsum("bij,bj->bi", inverse, centred.sum(axis=2))
    middle = np.einsum("bi,bir->br", fitted, present) * share
    residual = centred - (fitted[:, :, None] - middle[:, None, :]) * present
    # Of each round's own block of the inverse, centred in both directions, the diagonal.
    across = np.einsum("bij,bjr->bir", inverse, present) * share[:, None, :]
    both = (across * present).sum(axis=1) * share
    diagonal = np.einsum("bii->bi", inverse)[:, :, None] - 2 * across + both[:, None, :]
    freedom = ((1 - share[:, None, :] - diagonal) * present).sum(axis=2)
    own = (residual**2).sum(axis=2) * (stacks - 1) / stacks / freedom
    drawn = (PRIOR * own.mean(axis=1, keepdims=True) + (number - 1) * own) / (number - 1 + PRIOR)
    total = drawn.sum(axis=1, keepdims=True)
    variance = stacks / (stacks - 2) * (drawn - total / (stacks * (stacks - 1)))
    variance = np.maximum(variance, 0.05 * total / (stacks - 1))
    most = together.sum(axis=1) - (together > 0).sum(axis=1) - stacks + 1
    degrees = np.minimum(number - 1 + PRIOR, most[:, None])
    means = (values * present).sum(axis=2) / number
    return _Fit(present, means, fitted, inverse, variance, degrees, most)


def _leaving(fit: _Fit, left: Flags) -> Flags:
    """Say who leaves, where three and more have stayed: as `clearly_behind` does."""
    rounds = fit.present.shape[2]
    best = np.where(left, -np.inf, fit.means).argmax(axis=1)
    lead, error, degrees = _of_best(fit, best, rounds)
    racing = (~left).sum(axis=1)
    errors = _critical(WithBest, racing, LOOK_LEVEL, degrees, np.full(degrees.shape, rounds))
    clearly = (lead - errors * error > math.log1p(MARGIN)) & ~left
    clearly[np.arange(len(best)), best] = False
    farthest = np.where(clearly, lead, -np.inf).argsort(axis=1)[:, ::-1].argsort(axis=1)
    leaves: Flags = clearly & (farthest < (racing - FEWEST_LEFT)[:, None])
    return leaves


def _of_best(fit: _Fit, best: Counts, rounds: int) -> tuple[Values, Values, Values]:
    """Return leads of the best, their errors and degrees; of those that have all rounds."""
    at = np.arange(len(best))
    both = fit.variance[at, best][:, None] + fit.variance
    squares = fit.variance**2 / fit.degrees
    spread = squares[at, best][:, None] + squares
    degrees = np.minimum(both**2 / spread, fit.most[:, None])
    return fit.means[at, best][:, None] - fit.means, np.sqrt(both / rounds), degrees


def _ended(fit: _Fit, left: Flags) -> tuple[Flags, Flags]:
    """Flag stacks that are slower than the best, and those that are the only candidate."""
    races, stacks = left.shape
    at, staying = np.arange(races), (~left).sum(axis=1)
    lead, error, degrees, rounds = _all_pairs(fit, left)
    level = np.where(left.any(axis=1), LEVEL_AFTER_RACING, LEVEL)
    errors = np.empty(lead.shape)
    for each in np.unique(level):
        of = level == each
        stayed = _critical(_to_the_end, staying[of], float(each), degrees[of], rounds[of])
        all_stacks = Rule(WithBest(stacks), level=float(each))
        others = _at_rounds(all_stacks, degrees[of], rounds[of])
        # A column is a stack that is compared with the best.
        errors[of] = np.where(left[of][:, None, :], others, stayed)
    ahead = lead - errors * error > 0
    apart = np.abs(lead) > errors * error
    best = np.where(left, -np.inf, fit.means).argmax(axis=1)
    short = apart[at, best]
    short[at, best] = False
    rival = ~short & ~left
    behind = (ahead | ~rival[:, :, None]).all(axis=1) & short
    is_alone = short.sum(axis=1) == stacks - 1
    return behind, is_alone[:, None] & (np.arange(stacks) == best[:, None])


def _to_the_end(staying: int) -> Family:
    return WithBest(staying) if staying >= FEWEST_STACKS else Bonferroni()


def _all_pairs(fit: _Fit, left: Flags) -> tuple[Values, Values, Values, Counts]:
    """Return how far the one is above the other, its error, degrees and common rounds."""
    own, common = fit.variance, np.einsum("bir,bjr->bij", fit.present, fit.present)
    squares = own**2 / fit.degrees
    variance = (own[:, :, None] + own[:, None, :]) / np.maximum(common, 1)
    spread = (squares[:, :, None] + squares[:, None, :]) / np.maximum(common, 1) ** 2
    lead = fit.means[:, :, None] - fit.means[:, None, :]
    (some,) = np.nonzero(left.any(axis=1))
    if len(some):
        fitted = _fitted_pairs(fit, some)
        either = left[some][:, :, None] | left[some][:, None, :]
        for plain, by_fit in zip((lead, variance, spread), fitted, strict=True):
            plain[some] = np.where(either, by_fit, plain[some])
    most = fit.most[:, None, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        degrees = np.minimum(np.where(spread > 0, variance**2 / spread, most), most)
    return lead, np.sqrt(variance), degrees, common.astype(np.intp)


def _fitted_pairs(fit: _Fit, of: Counts) -> tuple[Values, Values, Values]:
    """Return differences of the fit, their variances, and the spread of these."""
    present, inverse = fit.present[of], fit.inverse[of]
    slope = inverse[:, :, None, :] - inverse[:, None, :, :]
    share = 1 / np.maximum(present.sum(axis=1), 1)
    middle = np.einsum("bijs,bsr->bijr", slope, present) * share[:, None, None, :]
    squares = slope**2 * present.sum(axis=2)[:, None, None, :]
    squares -= 2 * slope * np.einsum("bijr,bsr->bijs", middle, present)
    squares += np.einsum("bijr,bsr->bijs", middle**2, present)
    own, degrees = fit.variance[of], fit.degrees[of]
    variance = np.einsum("bijs,bs->bij", squares, own)
    spread = np.einsum("bijs,bs->bij", squares**2, own**2 / degrees)
    fitted = fit.fitted[of]
    return fitted[:, :, None] - fitted[:, None, :], variance, spread


def _critical(
    family: Callable[[int], Family], sizes: Counts, level: float, degrees: Values, rounds: Counts
) -> Values:
    """Return half-widths in standard errors, where each race has a family of its own size."""
    errors = np.empty(degrees.shape)
    for size in np.unique(sizes):
        of = sizes == size
        errors[of] = _at_rounds(Rule(family(int(size)), level=level), degrees[of], rounds[of])
    return errors


def _at_rounds(rule: Rule, degrees: Values, rounds: Counts) -> Values:
    errors = np.empty(degrees.shape)
    for number in np.unique(rounds):
        of = rounds == number
        errors[of] = rule.critical(degrees[of], int(number))
    return errors
