"""The rate at which a trial tells most for the time that it takes; pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from timetrial.features.capacity.plan import rounded
from timetrial.features.capacity.posterior import CELLS, Grid, Posterior, Values, chance

_EVERY = 2
"""Capacities of the grid at which a trial is considered."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Rates that may be tried."""

    lowest_per_s: float
    highest_per_s: float


def next_rate(known: Posterior, allowed: Allowed, cost_s: Callable[[float], float]) -> float:
    """Return the rate with the largest expected loss of entropy for each second of its trial."""
    kept, entropy = _tables(known.grid.level)
    weights = known.weights.ravel()
    gains = _entropy(kept @ weights) - entropy @ weights
    logs = known.grid.logs[::_EVERY]
    lowest, highest = math.log(allowed.lowest_per_s), math.log(allowed.highest_per_s)
    # What a rate tells is known at the places of the grid; the ends are allowed as they are.
    near = (logs > lowest - _EVERY * known.grid.step) & (logs < highest + _EVERY * known.grid.step)
    if not near.any():
        return _nearest(known, allowed)
    rates, gains = np.exp(np.clip(logs[near], lowest, highest)), gains[near]
    most = int(gains.argmax())
    # No trial is shorter than that at the highest rate: most rates cannot be the best.
    enough = gains[most] / cost_s(float(rates[most])) * cost_s(allowed.highest_per_s)
    told = [
        (gain / cost_s(rate), rate)
        for gain, rate in zip(gains.tolist(), rates.tolist(), strict=True)
        if gain >= enough
    ]
    rate = max(told)[1] if told else float(rates[most])
    return min(max(rounded(rate), allowed.lowest_per_s), allowed.highest_per_s)


def _nearest(known: Posterior, allowed: Allowed) -> float:
    """Return the end of what is allowed where all that is likely lies beyond it."""
    below = known.quantile(0.5) < allowed.lowest_per_s
    return allowed.lowest_per_s if below else allowed.highest_per_s


@lru_cache(maxsize=32)
def _tables(level: int) -> tuple[Values, Values]:
    """Return how often a trial is kept, and the entropy of that, by rate and cell of a grid."""
    logs = Grid(0.0, level).logs
    kept = chance(logs[::_EVERY], logs).reshape(CELLS // _EVERY, -1)
    return kept, _entropy(kept)


def _entropy(kept: Values) -> Values:
    """Return the entropy of an outcome, in nats."""
    of_both: Values = -(kept * np.log(kept) + (1 - kept) * np.log1p(-kept))
    return of_both
