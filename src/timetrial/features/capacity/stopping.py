"""Whether a search has found what it looks for; pure.

Stopping at the first narrow interval makes intervals that cover the truth too rarely where the
curve is flat: there the first one to be narrow is so by chance. Hence the conditions on the number
of trials and on the width of the curve.
"""

from __future__ import annotations

import math

from timetrial.features.capacity.posterior import Posterior

CONFIDENCE = 0.95
PRECISION = 0.02
"""Half the width of the interval, as a share, at which a search is over."""
FEWEST = 16
"""Trials before it may be."""
FLAT = 0.04
"""A curve of this width is flat: as long as it is not unlikely, the search goes on."""
_UNLIKELY = 0.05
SURE = 0.99
"""The chance at which a search ends with a capacity beyond all that may be tried."""
_STEP = 2.0


def ends(known: Posterior) -> tuple[float, float]:
    """Return the ends of the interval, in requests/s."""
    tail = (1 - CONFIDENCE) / 2
    return known.quantile(tail), known.quantile(1 - tail)


def is_precise(known: Posterior) -> bool:
    """Whether more trials would hardly make a better answer."""
    if len(known.outcomes) < FEWEST:
        return False
    low, high = ends(known)
    is_narrow = math.log(high / low) / 2 <= math.log1p(PRECISION)
    return is_narrow and known.at_least_as_wide(FLAT) < _UNLIKELY


def is_above(known: Posterior, highest_per_s: float, sure: float = SURE) -> bool:
    """Whether the capacity is beyond the highest rate that may be tried.

    Two trials have to keep the objective there: nobody knows how far beyond it capacities go, and
    the more room there is, the less does a single trial need to say.
    """
    kept = sum(outcome.kept and outcome.rate_per_s >= highest_per_s for outcome in known.outcomes)
    return kept > 1 and known.above(highest_per_s) >= sure


def is_below(known: Posterior, lowest_per_s: float, sure: float = SURE) -> bool:
    """Whether the capacity is below the lowest rate that may be tried."""
    return known.above(lowest_per_s) <= 1 - sure


def is_confirmed(known: Posterior) -> bool:
    """Whether the interval says more than doubling the rate does, and no single trial decides."""
    kept = sum(outcome.kept for outcome in known.outcomes)
    low, high = ends(known)
    return kept > 1 and len(known.outcomes) - kept > 1 and high < _STEP * low
