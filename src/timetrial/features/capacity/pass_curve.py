"""Where the share of trials that keep an objective crosses one half, as the rate rises.

The curve is the isotonic fit: the likeliest one that never rises. For the interval, every place
where it may cross is tested: the fit is compared by its likelihood with the likeliest curve that
crosses there (Banerjee & Wellner, Likelihood ratio tests for monotone functions, Annals of
Statistics 2001), and what the ratio would be by chance is simulated from the latter (Carpenter,
Test inversion bootstrap confidence intervals, JRSS B 1999). Resampling the trials themselves would
give no width at all where those at each rate agree. The ends are rates that were tried, since
nothing is known between them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from random import Random

from timetrial.features.capacity.trial import Verdict

CONFIDENCE = 0.95
_HALF = 0.5
_SAMPLES = 999
_ROUNDING = 1e-9
_AT_ONCE = 100
"""Samples that are drawn together."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Verdicts of the trials at one rate."""

    kept: int = 0
    missed: int = 0

    @property
    def trials(self) -> int:
        return self.kept + self.missed

    def plus(self, verdict: Verdict) -> Tally:
        return Tally(self.kept + (verdict == "kept"), self.missed + (verdict == "missed"))


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where the pass curve crosses one half, in requests a second."""

    estimate_per_s: float | None
    """None if the fit does not cross between rates that were tried."""
    low_per_s: float | None
    """Ends of a 95 % interval, rates that were tried; None where it has no end there."""
    high_per_s: float | None


def fitted(tallies: Mapping[float, Tally]) -> dict[float, float]:
    """Fit the share of trials that keep the objective, 0 to 1, by rate; it never rises."""
    rates = sorted(tallies)
    kept = tuple(tallies[rate].kept for rate in rates)
    trials = tuple(tallies[rate].trials for rate in rates)
    return dict(zip(rates, _isotonic(kept, trials), strict=True))


def crossing(tallies: Mapping[float, Tally], seed: int) -> Crossing:
    """Find where the curve crosses one half; `seed` is of the simulation."""
    return Crossing(_estimate(fitted(tallies)), *bounds(tallies, seed))


def bounds(tallies: Mapping[float, Tally], seed: int) -> tuple[float | None, float | None]:
    """Return the ends of the interval; None where the data permit any rate on that side."""
    rates = sorted(tallies)
    if not rates:
        return None, None
    kept = tuple(tallies[rate].kept for rate in rates)
    trials = tuple(tallies[rate].trials for rate in rates)
    places = range(len(rates) + 1)
    # The curve that fits best crosses somewhere, and its ratio is 1: there is always such a place.
    # Only the outermost places matter: those between them are not simulated.
    low = next(place for place in places if _is_possible(kept, trials, place, seed))
    high = next(place for place in reversed(places) if _is_possible(kept, trials, place, seed))
    return rates[low - 1] if low else None, rates[high] if high < len(rates) else None


def _estimate(curve: Mapping[float, float]) -> float | None:
    """Interpolate between the rates next to the crossing; the middle of a stretch at one half."""
    at_least = [rate for rate, share in curve.items() if share >= _HALF]
    at_most = [rate for rate, share in curve.items() if share <= _HALF]
    if not at_least or not at_most:
        return None
    low, high = max(at_least), min(at_most)
    if low >= high:  # these are the ends of a stretch at one half
        return math.sqrt(low * high)
    part = (curve[low] - _HALF) / (curve[low] - curve[high])
    return math.exp(math.log(low) + part * math.log(high / low))


@lru_cache(maxsize=4096)
def _is_possible(kept: tuple[int, ...], trials: tuple[int, ...], place: int, seed: int) -> bool:
    """Whether the curve may cross below the rate in that place, and above all before it."""
    observed = _ratio(kept, trials, place)
    if observed <= _ROUNDING:
        return True
    null = _crossing_at(kept, trials, place)
    beyond, enough = 0, (1 - CONFIDENCE) * (1 + _SAMPLES)
    for drawn in _drawn(null, trials, Random(f"{seed} {place}")):  # noqa: S311 - it simulates
        beyond += _ratio(drawn, trials, place) >= observed - _ROUNDING
        if 1 + beyond > enough:
            return True
    return False


def _drawn(
    curve: Sequence[float], trials: Sequence[int], random: Random
) -> Iterator[tuple[int, ...]]:
    """Draw how many trials at each rate keep the objective, as often as is simulated."""
    # NumPy is loaded only here: that takes longer than most other work.
    np = import_module("numpy")
    numbers = np.random.Generator(np.random.MT19937())
    _, state, _ = random.getstate()
    numbers.bit_generator.state = {
        "bit_generator": "MT19937",
        "state": {"key": state[:-1], "pos": state[-1]},
    }
    # Where the outcome is certain no number is drawn.
    open_ = [place for place, share in enumerate(curve) if 0 < share < 1]
    repeats = [trials[place] for place in open_]
    chances = np.repeat([curve[place] for place in open_], repeats)
    begins = np.cumsum([0, *repeats[:-1]])
    certain = [n if share >= 1 else 0 for share, n in zip(curve, trials, strict=True)]
    # Most simulations end early.
    for begun in range(0, _SAMPLES, _AT_ONCE):
        samples = min(_AT_ONCE, _SAMPLES - begun)
        counts = np.tile(certain, (samples, 1))
        if open_:
            kept = numbers.random((samples, len(chances))) < chances
            counts[:, open_] = np.add.reduceat(kept, begins, axis=1, dtype=int)
        yield from map(tuple, counts.tolist())


@lru_cache(maxsize=65536)
def _ratio(kept: tuple[int, ...], trials: tuple[int, ...], place: int) -> float:
    """Return twice the log of how much likelier the best curve is than one that crosses there."""
    best = _log_likelihood(kept, trials, _isotonic(kept, trials))
    return 2 * (best - _log_likelihood(kept, trials, _crossing_at(kept, trials, place)))


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


@lru_cache(maxsize=65536)
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
