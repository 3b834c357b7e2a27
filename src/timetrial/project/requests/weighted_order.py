"""In which order requests of different weights are sent in turn. Pure.

The order is that of smooth weighted round robin, as nginx chooses upstream servers by
(ngx_http_upstream_round_robin.c): what is sent often is spread evenly, not sent in a row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

MOST_STEPS = 64
"""Of one pass through all requests."""


def times_each(weights: Sequence[int], most: int = MOST_STEPS) -> tuple[int, ...]:
    """Say how often each is sent in one pass of at most `most` requests.

    The proportions are exact where that is possible; otherwise each share is less than 1/`most`
    from the wanted one (largest remainders), and what is rare may not be sent at all.
    """
    divisor = math.gcd(*weights)
    exact = tuple(weight // divisor for weight in weights)
    total = sum(exact)
    if total <= most:
        return exact
    return largest_remainders(exact, most)


def largest_remainders(weights: Sequence[int], number: int) -> tuple[int, ...]:
    """Share out `number` in proportion to weights, each rounded up or down; it is all used up."""
    total = sum(weights)
    shares = [weight * number // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: -(weights[place] * number % total))
    for place in by_remainder[: number - sum(shares)]:
        shares[place] += 1
    return tuple(shares)


def in_turn(times: Sequence[int]) -> Iterator[int]:
    """Yield places, each as often as `times` says, spread as evenly as that can be."""
    total = sum(times)
    credits_ = [0] * len(times)
    for _ in range(total):
        credits_ = [credit + each for credit, each in zip(credits_, times, strict=True)]
        place = max(range(len(times)), key=credits_.__getitem__)
        credits_[place] -= total
        yield place
