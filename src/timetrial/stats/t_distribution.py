"""Student's t distribution in plain Python, to twelve digits.

Importing SciPy for these two functions took longer than all else that a comparison of two stored
runs takes. The distribution is an incomplete beta function (DLMF 8.17), by its continued fraction
(DLMF 8.17.22, evaluated as Lentz 1976 does); tests hold it to SciPy's.
"""

from __future__ import annotations

import math
from functools import lru_cache

_ENOUGH = 1e-15
_TINY = 1e-300
_TERMS = 10_000
_STEPS = 200


def two_sided_p(t: float, freedom: float) -> float:
    """Return the share of the distribution beyond -t and t."""
    if math.isinf(t):
        return 0.0
    square = t * t
    x, rest = freedom / (freedom + square), square / (freedom + square)
    a, b = freedom / 2, 0.5
    if rest == 0.0:
        return 1.0
    log_front = a * -math.log1p(square / freedom) + b * math.log(rest) - _log_beta_half(a)
    # The fraction converges fast on one side of the mean alone; the other side is its complement.
    if x < (a + 1) / (a + b + 2):
        return math.exp(log_front) * _fraction(x, a, b) / a
    return 1.0 - math.exp(log_front) * _fraction(rest, b, a) / b


@lru_cache(maxsize=4096)
def quantile(freedom: float, confidence: float) -> float:
    """Return t such that a share of `confidence` lies between -t and t."""
    if confidence <= 0:
        return 0.0
    if confidence >= 1:
        return math.inf
    beyond = 1 - confidence
    low, high = 0.0, 1.0
    while two_sided_p(high, freedom) > beyond:
        low, high = high, 2 * high
    return _between(low, high, freedom, beyond)


def _between(low: float, high: float, freedom: float, beyond: float) -> float:
    """Find the root by Newton's steps, halving the bracket wherever one leaves it."""
    t = (low + high) / 2
    for _ in range(_STEPS):
        excess = two_sided_p(t, freedom) - beyond
        if excess > 0:
            low = t
        else:
            high = t
        following = t + excess / (2 * _density(t, freedom))
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - t) <= _ENOUGH * t:
            break
        t = following
    return t


def _density(t: float, freedom: float) -> float:
    exponent = -(freedom + 1) / 2 * math.log1p(t * t / freedom)
    return math.exp(exponent - _log_beta_half(freedom / 2)) / math.sqrt(freedom)


@lru_cache(maxsize=4096)
def _log_beta_half(a: float) -> float:
    """Return the logarithm of B(a, 1/2), of large `a` without a difference of large numbers."""
    if a < 20:  # noqa: PLR2004 - from there on the series has fifteen digits
        return math.lgamma(a) + math.lgamma(0.5) - math.lgamma(a + 0.5)
    # DLMF 5.11.13, of the gamma functions of a + 1/2 and a.
    series = 1 / 8 - (1 / 192 - (1 / 640 - 17 / 14336 / a**2) / a**2) / a**2
    return 0.5 * math.log(math.pi / a) + series / a


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1.0 / ((1 - (a + b) * x / (a + 1)) or _TINY)
    value = d
    for m in range(1, _TERMS):
        at = a + 2 * m
        even = m * (b - m) * x / ((at - 1) * at)
        d = 1.0 / ((1 + even * d) or _TINY)
        c = (1 + even / c) or _TINY
        value *= c * d
        odd = -(a + m) * (a + b + m) * x / (at * (at + 1))
        d = 1.0 / ((1 + odd * d) or _TINY)
        c = (1 + odd / c) or _TINY
        step = c * d
        value *= step
        if abs(step - 1) < _ENOUGH:
            break
    return value
