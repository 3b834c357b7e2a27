"""Distributions of simultaneous comparisons: Tukey's studentized range and Dunnett's maximum.

Both are the distribution with known variance, averaged over the distribution of the estimated
deviation. The former is tabulated once for each number of means, as the logarithm of its upper
tail; the latter is integrated by the trapezoidal rule, which converges exponentially for such
integrands. Tails are sums of positive terms, so that small ones keep their digits: tests compare
with SciPy's `studentized_range` and `multivariate_t`, to 1e-4 of the tail. SciPy itself takes
longer to import, and for one quantile, than a whole report.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

_STEP = 0.125
"""Distance of the table's knots."""
_FARTHEST = 14.0
"""Beyond it a tail is below 1e-20, and counts as zero."""
_MEANS = tuple(i / 8 for i in range(-64, 109))
"""Places of a standard normal variable; beyond them the integrands are negligible."""
_NEGLIGIBLE = 40.0
"""A density below exp(-40) of its peak is negligible."""
_NODE = 0.6
"""Distance of the nodes of the integral over deviations, in standard deviations of its density."""
_PRECISE = 1e-8
_SECANTS = 60
_PER_OCTAVE = 16
_ROOT_2 = math.sqrt(2)

Tail = Callable[[float, int, float], float]
"""From a statistic, a number of means and degrees of freedom to a probability."""


def range_tail(q: float, means: int, degrees_of_freedom: float) -> float:
    """Return the probability that the studentized range of `means` equal means exceeds `q`.

    Tukey (1953); degrees of freedom may be fractional, from 3 on.
    """
    return _averaged(_range_tails(means), q, degrees_of_freedom)


def maximum_tail(t: float, comparisons: int, degrees_of_freedom: float) -> float:
    """Return the probability that the largest of so many t statistics exceeds `t` >= 0.

    They are those of Dunnett (A multiple comparison procedure for comparing several treatments
    with a control, JASA 50, 1955): of means against a common one, so that they correlate by ½.
    """
    return _averaged(_maximum_tails(comparisons), t, degrees_of_freedom)


def range_quantile(level: float, means: int, degrees_of_freedom: float) -> float:
    """Return the studentized range that is exceeded with probability `level`."""
    return _quantile(range_tail, level, means, degrees_of_freedom)


def maximum_quantile(level: float, comparisons: int, degrees_of_freedom: float) -> float:
    """Return the largest t statistic that is exceeded with probability `level`, below ½."""
    return _quantile(maximum_tail, level, comparisons, degrees_of_freedom)


@lru_cache(maxsize=64)
def _range_tails(means: int) -> Sequence[float]:
    def tail(z: float, w: float) -> float:
        below = _normal(z)
        beyond = min(1.0, _normal(z - w) / below)
        if beyond == 1.0:
            return means * below ** (means - 1)
        return means * below ** (means - 1) * -math.expm1((means - 1) * math.log1p(-beyond))

    return _tabulated(tail)


@lru_cache(maxsize=64)
def _maximum_tails(comparisons: int) -> Sequence[float]:
    def tail(z: float, t: float) -> float:
        # The common mean is low by z.
        beyond = _normal(z - _ROOT_2 * t)
        return 1.0 if beyond == 1.0 else -math.expm1(comparisons * math.log1p(-beyond))

    return _tabulated(tail)


def _tabulated(tail: Callable[[float, float], float]) -> Sequence[float]:
    """Tabulate the logarithm of a tail, averaged over a standard normal variable."""
    density = math.sqrt(2 * math.pi)
    nodes = [(z, (_MEANS[1] - _MEANS[0]) * math.exp(-z * z / 2) / density) for z in _MEANS]
    places = [i * _STEP for i in range(round(_FARTHEST / _STEP) + 2)]
    return [
        math.log(math.fsum([weight * tail(z, place) for z, weight in nodes])) for place in places
    ]


def _averaged(logs: Sequence[float], statistic: float, degrees_of_freedom: float) -> float:
    if math.isinf(statistic):
        return 0.0
    places = statistic / _STEP
    tails = [weight * _tail_at(logs, places * s) for s, weight in _scales(degrees_of_freedom)]
    return min(1.0, math.fsum(tails))


@lru_cache(maxsize=1024)
def _scales(degrees_of_freedom: float) -> Sequence[tuple[float, float]]:
    """List estimated over true deviation, and the weight of each."""
    half = degrees_of_freedom / 2

    def exponent(x: float) -> float:
        return degrees_of_freedom * x - half * math.expm1(2 * x)

    low = _where(exponent, -1.0)
    high = _where(exponent, 1.0)
    nodes = math.ceil((high - low) / _NODE * math.sqrt(2 * degrees_of_freedom))
    step = (high - low) / nodes
    places = [low + i * step for i in range(nodes + 1)]
    heights = [math.exp(exponent(x)) for x in places]
    total = math.fsum(heights)
    return [(math.exp(x), height / total) for x, height in zip(places, heights, strict=True)]


def _where(exponent: Callable[[float], float], direction: float) -> float:
    """Find where the exponent, which falls from 0 in that direction, is negligible."""
    near, far = 0.0, direction
    while exponent(far) > -_NEGLIGIBLE:
        near, far = far, 2 * far
    for _ in range(40):
        middle = (near + far) / 2
        near, far = (middle, far) if exponent(middle) > -_NEGLIGIBLE else (near, middle)
    return far


def _tail_at(logs: Sequence[float], place: float) -> float:
    """Interpolate the tail by the cubic through the four knots around a place, in knots."""
    first = int(place) - 1
    if first < 0:
        first = 0
    elif first > len(logs) - 4:
        return 0.0
    return math.exp(_cubic(logs[first : first + 4], place - first))


def _quantile(tail: Tail, level: float, means: int, degrees_of_freedom: float) -> float:
    """Interpolate between the quantiles of few degrees of freedom, which are kept."""
    place = _PER_OCTAVE * math.log2(degrees_of_freedom)
    first = math.floor(place) - 1
    knots = [_solved(tail, level, means, first + i) for i in range(4)]
    return _cubic(knots, place - first)


@lru_cache(maxsize=4096)
def _solved(tail: Tail, level: float, means: int, knot: int) -> float:
    """Invert a tail by secants of its logarithm, at 2 ** (knot / _PER_OCTAVE) degrees."""
    degrees_of_freedom = 2.0 ** (knot / _PER_OCTAVE)

    def excess(x: float) -> float:
        return math.log(tail(x, means, degrees_of_freedom) / level)

    before, at = 3.0, 3.1
    was = excess(before)
    for _ in range(_SECANTS):
        now = excess(at)
        if abs(now) < _PRECISE or now == was:
            break
        # The logarithm is concave: no step goes further than by half.
        following = at - now * (at - before) / (now - was)
        before, at, was = at, min(max(following, at / 2), at * 3 / 2), now
    return at


def _cubic(knots: Sequence[float], x: float) -> float:
    """Interpolate by the cubic through four knots at 0, 1, 2 and 3."""
    a, b, c, d = knots
    y, z, w = x - 1, x - 2, x - 3
    return (w * (b * x * z - c * x * y) - (a * z * w - d * x * z) * y / 3) / 2


def _normal(z: float) -> float:
    """Return the share of the standard normal distribution below `z`."""
    return math.erfc(-z / _ROOT_2) / 2
