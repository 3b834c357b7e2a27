"""The order in which requests of different weights are sent in turn. Pure.

It is the smooth weighted round robin of nginx (ngx_http_upstream_round_robin.c): frequent requests
are spread evenly, not sent in a row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

MOST_STEPS = 64
"""Requests in one pass, at most."""


def times_each(weights: Sequence[int], most: int = MOST_STEPS) -> tuple[int, ...]:
    """Return how often each is sent in one pass of at most `most` requests.

    The proportions are exact where possible. Otherwise each share is less than 1/`most` from the
    exact one (largest remainders), and a rare request may not be sent at all.
    """
    divisor = math.gcd(*weights)
    exact = tuple(weight // divisor for weight in weights)
    total = sum(exact)
    if total <= most:
        return exact
    return largest_remainders(exact, most)


def largest_remainders(weights: Sequence[int], number: int) -> tuple[int, ...]:
    """Divide `number` in proportion to weights, each part rounded up or down (Hamilton)."""
    total = sum(weights)
    shares = [weight * number // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: -(weights[place] * number % total))
    for place in by_remainder[: number - sum(shares)]:
        shares[place] += 1
    return tuple(shares)


def in_turn(times: Sequence[int]) -> Iterator[int]:
    """Yield indices, each as often as `times` says, spread evenly."""
    total = sum(times)
    credits_ = [0] * len(times)
    for _ in range(total):
        credits_ = [credit + count for credit, count in zip(credits_, times, strict=True)]
        place = max(range(len(times)), key=credits_.__getitem__)
        credits_[place] -= total
        yield place
