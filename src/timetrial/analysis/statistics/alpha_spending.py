"""Alpha spending: several looks at growing data, with the false-alarm rate of one look.

The total level is spent over the looks by Lan and DeMets' function of O'Brien and Fleming's type
(Biometrika 70, 1983). The recursion of Armitage, McPherson and Rowe (Journal of the Royal
Statistical Society A 132, 1969) turns the level spent at each look into its boundary. Boundaries
are given as two-sided levels, so that they apply to Student's t as well (Pocock, Biometrika 64,
1977).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import lru_cache
from statistics import NormalDist

# Gauss and Legendre's rule of 48 nodes, written out: SciPy takes longer to import than its uses.
_POSITIVE = (
    (0.03238017096286941, 0.06473769681268376),
    (0.0970046992094627, 0.06446616443594998),
    (0.16122235606889174, 0.06392423858464803),
    (0.22476379039468902, 0.06311419228625385),
    (0.28736248735545555, 0.0620394231598925),
    (0.3487558862921608, 0.0607044391658937),
    (0.4086864819907167, 0.05911483969839537),
    (0.4669029047509584, 0.057277292100402916),
    (0.523160974722233, 0.05519950369998418),
    (0.5772247260839727, 0.05289018948519371),
    (0.6288673967765137, 0.05035903555385421),
    (0.6778723796326639, 0.047616658492490534),
    (0.7240341309238147, 0.04467456085669417),
    (0.7671590325157404, 0.041545082943464845),
    (0.8070662040294426, 0.038241351065830854),
    (0.8435882616243935, 0.03477722256477054),
    (0.8765720202742479, 0.03116722783279785),
    (0.9058791367155696, 0.027426509708357145),
    (0.9313866907065542, 0.02357076083932466),
    (0.9529877031604308, 0.01961616045735531),
    (0.9705915925462474, 0.015579315722942752),
    (0.9841245837228269, 0.011477234579234132),
    (0.9935301722663508, 0.007327553901275753),
    (0.9987710072524261, 0.0031533460523092798),
)
"""Nodes above zero, each with its weight, as `scipy.special.roots_legendre(48)` gives them."""
LEGENDRE = (*((-node, weight) for node, weight in reversed(_POSITIVE)), *_POSITIVE)
"""Nodes from -1 to 1, rising, each with its weight."""


_FARTHEST = 9.0
"""Standard deviations beyond which the density is negligible."""
_HIGHEST_Z = 40.0
_LOWEST_P = 1e-300
"""Below it quantiles cannot be computed, and are not needed."""
_HALVINGS = 52
_SECANTS = 20
_NARROW = 1e-10
"""Half the width of a bracket: far more than the rounding error of a boundary."""
_KNOTS = tuple(i / 8 for i in range(8 * 8 + 1))
"""Total levels, as normal quantiles, for the interpolation of repeated p-values."""

Grid = list[tuple[float, float]]
"""Places of the B-value and the probability mass at each: a density times its weight."""


def spent(level: float, fraction: float) -> float:
    """Return the part of a two-sided `level` spent at a `fraction` (0 to 1) of the data."""
    if fraction >= 1:
        return level
    return 4 * _beyond(_quantile(level / 4) / math.sqrt(fraction))


@lru_cache(maxsize=4_096)
def levels(level: float, fractions: tuple[float, ...]) -> tuple[float, ...]:
    """Return the two-sided level of each look at these rising fractions, the last of them 1.

    A test that rejects at the first look whose p-value is not above its level rejects a true
    hypothesis with probability `level`.
    """
    return tuple(2 * _beyond(z) for z in boundaries(level, fractions))


def boundaries(level: float, fractions: tuple[float, ...]) -> tuple[float, ...]:
    """Return the looks' levels as standard normal quantiles."""
    bounds: list[float] = []
    grid: Grid = [(0.0, 1.0)]
    before = 0.0
    spent_before = 0.0
    for fraction in fractions:
        step = math.sqrt(fraction - before)
        spend = spent(level, fraction) - spent_before
        root = math.sqrt(fraction)
        z = _solve(grid, step, root, spend)
        bounds.append(z)
        if len(bounds) < len(fractions):
            grid = _advance(grid, step, min(z, _FARTHEST) * root)
        before, spent_before = fraction, spent_before + spend
    return tuple(bounds)


def repeated_p(p: float, look: int, fractions: tuple[float, ...]) -> float:
    """Return the least total level at which a p-value at that look (from 0) rejects.

    Jennison and Turnbull, Group Sequential Methods (2000), chapter 9: the smallest of them so far
    is a valid p-value at every look.
    """
    if len(fractions) == 1 or p < _LOWEST_P:
        return p
    at_looks = _table(fractions)[look]
    z = _quantile(p / 2)
    if z <= at_looks[0]:
        return 1.0
    right = min(bisect_right(at_looks, z), len(_KNOTS) - 1)
    (x0, x1), (y0, y1) = _KNOTS[right - 1 : right + 1], at_looks[right - 1 : right + 1]
    between = 2 * _beyond(x0 + (x1 - x0) * (z - y0) / (y1 - y0))
    return max(p, min(1.0, between))


@lru_cache(maxsize=16)
def _table(fractions: tuple[float, ...]) -> tuple[tuple[float, ...], ...]:
    """Tabulate the boundary of each look over total levels."""
    rows = [boundaries(2 * _beyond(x), fractions) for x in _KNOTS]
    return tuple(zip(*rows, strict=True))


def _solve(grid: Grid, step: float, root: float, spend: float) -> float:
    """Find the boundary beyond which a probability of `spend` lies.

    The result equals that of bisection alone: outside the narrow bracket no sum is needed.
    """
    low, high = 0.0, _HIGHEST_Z
    below, above = _bracket(grid, step, root, spend)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle <= below or (middle < above and _leaving(grid, step, middle * root) > spend):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _bracket(grid: Grid, step: float, root: float, spend: float) -> tuple[float, float]:
    """Find two values around the boundary, close to each other if the secant method converges.

    The secants are of the logarithm, which is almost a parabola.
    """
    before, at = 1.0, 2.0
    try:
        excess = math.log(_leaving(grid, step, before * root) / spend)
        for _ in range(_SECANTS):
            last, excess = excess, math.log(_leaving(grid, step, at * root) / spend)
            before, at = at, at - excess * (at - before) / (excess - last)
            if abs(at - before) < _NARROW / 10:
                break
    except (ValueError, ZeroDivisionError):  # a probability or a difference is zero
        return 0.0, _HIGHEST_Z
    below, above = at - _NARROW, at + _NARROW
    holds = _leaving(grid, step, below * root) > spend >= _leaving(grid, step, above * root)
    return (below, above) if holds else (0.0, _HIGHEST_Z)


def _leaving(grid: Grid, step: float, bound: float) -> float:
    """Return the probability that the next B-value lies beyond the bound on either side."""
    scale = step * math.sqrt(2)
    erfc = math.erfc
    return sum(
        [mass * (erfc((bound - at) / scale) + erfc((bound + at) / scale)) / 2 for at, mass in grid]
    )


def _advance(grid: Grid, step: float, bound: float) -> Grid:
    """Carry the probability mass inside the boundary to the next look."""
    factor = 1 / (step * math.sqrt(2 * math.pi))
    places = [(bound * node, bound * weight * factor) for node, weight in LEGENDRE]
    exp = math.exp
    return [
        (place, weight * sum([mass * exp(-(((place - at) / step) ** 2) / 2) for at, mass in grid]))
        for place, weight in places
    ]


def _beyond(z: float) -> float:
    """Return the upper tail of the standard normal distribution."""
    return math.erfc(z / math.sqrt(2)) / 2


def _quantile(tail: float) -> float:
    """Return the quantile of the standard normal distribution for an upper tail."""
    return -NormalDist().inv_cdf(tail)
