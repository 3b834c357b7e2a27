"""The share of trials that keep an objective, by rate: it falls. Where it crosses one half.

The curve is the isotonic fit: the likeliest one that never rises. For the interval every place
where it might cross is tested: the fit is compared by its likelihood with the likeliest curve that
crosses there (Banerjee & Wellner, Likelihood ratio tests for monotone functions, Annals of
Statistics 2001), and what the ratio would be by chance is simulated from the latter (Carpenter,
Test inversion bootstrap confidence intervals, JRSS B 1999). Resampling the trials themselves would
give no width at all where those at each rate agree. The ends are rates that were tried, since
nothing is known between them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from random import Random

from timetrial.capacity.trial import Verdict

CONFIDENCE = 0.95
_HALF = 0.5
_SAMPLES = 999
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Tally:
    """How trials at one rate ended."""

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
    possible = [place for place in range(len(rates) + 1) if _is_possible(kept, trials, place, seed)]
    # The curve that fits best crosses somewhere, and its ratio is 1: there is always one.
    low, high = possible[0], possible[-1]
    return rates[low - 1] if low else None, rates[high] if high < len(rates) else None


def _estimate(curve: Mapping[float, float]) -> float | None:
    """Interpolate between the rates next to the crossing; the middle of what lies at one half."""
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
    seen = _ratio(kept, trials, place)
    if seen <= _ROUNDING:
        return True
    null = _crossing_at(kept, trials, place)
    random = Random(f"{seed} {place}")  # noqa: S311 - it simulates
    beyond, enough = 0, (1 - CONFIDENCE) * (1 + _SAMPLES)
    for _ in range(_SAMPLES):
        beyond += _ratio(_drawn(null, trials, random), trials, place) >= seen - _ROUNDING
        if 1 + beyond > enough:
            return True
    return False


def _drawn(curve: Sequence[float], trials: Sequence[int], random: Random) -> tuple[int, ...]:
    return tuple(
        n if share >= 1 else sum(random.random() < share for _ in range(n)) if share > 0 else 0
        for share, n in zip(curve, trials, strict=True)
    )


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
    outcomes = (
        (count, share)
        for passed, n, p in zip(kept, trials, curve, strict=True)
        for count, share in ((passed, p), (n - passed, 1 - p))
    )
    return sum(count * math.log(max(share, 1e-300)) for count, share in outcomes if count)


@lru_cache(maxsize=65536)
def _isotonic(kept: tuple[int, ...], trials: tuple[int, ...]) -> tuple[float, ...]:
    """Fit shares that never rise, by least squares, which for shares is the likeliest fit."""
    if not kept:
        return ()
    shares = [passed / n for passed, n in zip(kept, trials, strict=True)]
    # SciPy takes longer to load than most that is done without it.
    fit = import_module("scipy.optimize").isotonic_regression(
        shares, weights=list(trials), increasing=False
    )
    return tuple(min(1.0, max(0.0, float(share))) for share in fit.x)
