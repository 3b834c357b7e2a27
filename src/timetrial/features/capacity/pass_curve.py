"""What trials say of a capacity if nothing is assumed but that the pass curve never rises.

The safeguard beside the posterior, which assumes a logistic curve. The isotonic fit is the
likeliest curve that never rises. Every place where it may cross one half is tested: the fit is
compared by its likelihood with the likeliest curve that crosses there, and the place is ruled out
beyond the ratio that Banerjee & Wellner give for large samples (Likelihood ratio tests for monotone
functions, Annals of Statistics 29, 2001). The ends are rates that were tried, since nothing is
known between them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from timetrial.features.capacity.posterior import Outcome

_HALF = 0.5
_CRITICAL = 2.29
"""Twice the log of the likelihood ratio that chance exceeds in 5 % of large samples."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Verdicts of the trials at one rate."""

    kept: int = 0
    missed: int = 0

    @property
    def trials(self) -> int:
        return self.kept + self.missed

    def plus(self, *, kept: bool) -> Tally:
        return Tally(self.kept + kept, self.missed + (not kept))


def tallied(outcomes: Iterable[Outcome]) -> dict[float, Tally]:
    """Count how trials ended, by rate."""
    tallies: dict[float, Tally] = {}
    for outcome in outcomes:
        tally = tallies.get(outcome.rate_per_s, Tally())
        tallies[outcome.rate_per_s] = tally.plus(kept=outcome.kept)
    return tallies


def fitted(tallies: Mapping[float, Tally]) -> dict[float, float]:
    """Fit the share of trials that keep the objective, 0 to 1, by rate; it never rises."""
    rates = sorted(tallies)
    kept = tuple(tallies[rate].kept for rate in rates)
    trials = tuple(tallies[rate].trials for rate in rates)
    return dict(zip(rates, _isotonic(kept, trials), strict=True))


def bounds(tallies: Mapping[float, Tally]) -> tuple[float | None, float | None]:
    """Return the ends of the 95 % interval; None where any rate on that side is possible."""
    rates = sorted(tallies)
    if not rates:
        return None, None
    kept = tuple(tallies[rate].kept for rate in rates)
    trials = tuple(tallies[rate].trials for rate in rates)
    best = _log_likelihood(kept, trials, _isotonic(kept, trials))
    possible = [
        place
        for place in range(len(rates) + 1)
        if 2 * (best - _log_likelihood(kept, trials, _crossing_at(kept, trials, place)))
        <= _CRITICAL
    ]
    # The curve that fits best crosses somewhere, and its ratio is 1: there is always such a place.
    low, high = possible[0], possible[-1]
    return rates[low - 1] if low else None, rates[high] if high < len(rates) else None


def _crossing_at(kept: tuple[int, ...], trials: tuple[int, ...], place: int) -> tuple[float, ...]:
    """Fit the likeliest curve that is at least one half before that place, at most one half after.

    Its two parts are fits of their own, cut off at one half.
    """
    before = _isotonic(kept[:place], trials[:place])
    after = _isotonic(kept[place:], trials[place:])
    return (*(max(share, _HALF) for share in before), *(min(share, _HALF) for share in after))


def _log_likelihood(kept: Sequence[int], trials: Sequence[int], curve: Sequence[float]) -> float:
    """Return the log-likelihood; no fitted curve makes the trials impossible, so no log of 0."""
    log, terms = math.log, []
    for passed, n, share in zip(kept, trials, curve, strict=True):
        if passed:
            terms.append(passed * log(share))
        if passed < n:
            terms.append((n - passed) * log(1 - share))
    return sum(terms)


def _isotonic(kept: tuple[int, ...], trials: tuple[int, ...]) -> tuple[float, ...]:
    """Fit shares that never rise, by least squares, which for shares is the likeliest fit.

    Neighbours that violate the order are pooled until none does. SciPy's `isotonic_regression`
    gives the same to the last bit, since sums are made in its order, but takes much longer to
    check its arguments than to fit some few rates.
    """
    # From the last rate on: shares that never fall. A pool: its share, trials and rates.
    shares = [passed / n for passed, n in zip(reversed(kept), reversed(trials), strict=True)]
    weights = trials[::-1]
    pools: list[tuple[float, int, int]] = []
    place = 0
    while place < len(shares):
        share, weight, width = shares[place], weights[place], 1
        place += 1
        if pools and pools[-1][0] >= share:
            last_share, last_weight, last_width = pools.pop()
            total = last_weight * last_share + weight * share
            weight, width = weight + last_weight, width + last_width
            share = total / weight
            while place < len(shares) and share >= shares[place]:
                total += weights[place] * shares[place]
                weight, width = weight + weights[place], width + 1
                share = total / weight
                place += 1
            while pools and pools[-1][0] >= share:
                last_share, last_weight, last_width = pools.pop()
                total += last_weight * last_share
                weight, width = weight + last_weight, width + last_width
                share = total / weight
        pools.append((share, weight, width))
    return tuple(min(1.0, share) for share, _, width in reversed(pools) for _ in range(width))
