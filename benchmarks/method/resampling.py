"""New samples from recorded rounds, and what is counted in them. Pure; randomness comes in.

Rounds that follow each other share the machine's mood, so they are drawn in blocks of consecutive
ones (Politis & Romano, A circular block-resampling procedure for stationary data, 1992).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

BLOCK = 2
"""Rounds; each takes several seconds, and noise is correlated over some five: no further than to
the next. Longer blocks would let chance correlations of 60 rounds decide: with blocks of 4 the
variance of a mean is off by a quarter either way, with blocks of 2 by an eighth."""


_SIGMAS = 1.96


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the 95 % interval of Clopper and Pearson (Biometrika 26, 1934).

    An `error`, a standard deviation that is not that of counting, makes it wider.
    """

    hits: int
    of: int
    error: float = 0.0

    @property
    def value(self) -> float:
        return self.hits / self.of

    @property
    def bounds(self) -> tuple[float, float]:
        # It takes longer to load than most scripts here take to say that there is nothing to do.
        from scipy.stats import binomtest  # noqa: PLC0415

        found = binomtest(self.hits, self.of).proportion_ci(0.95, "exact")
        low, high = self.value - float(found.low), float(found.high) - self.value
        further = _SIGMAS * self.error
        return (
            max(0.0, self.value - math.hypot(low, further)),
            min(1.0, self.value + math.hypot(high, further)),
        )

    def __str__(self) -> str:
        low, high = self.bounds
        return f"{100 * self.value:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def error_of_recording(rounds: int) -> float:
    """Return how far chance in so many recorded rounds moves a rate of false alarms of 5 %.

    Of N independent rounds the correlation of neighbours comes out as 0 ± 1/√N. It moves the
    variance of a mean that is drawn in blocks of two by as much, and the chance that a mean lies
    beyond 1.96 standard errors by 0.115 of that: the density there times 1.96.
    """
    return 0.115 / math.sqrt(rounds)


@dataclass(frozen=True, slots=True)
class Draw:
    """One round of a new sample."""

    place: int
    """Among the recorded ones."""
    swapped: bool
    """Whether the two stacks change their names, which is the same for a whole block."""


def drawn(
    recorded: int, wanted: int, randomness: random.Random, *, swap: bool, block: int = BLOCK
) -> list[Draw]:
    """Draw as many rounds as wanted, in blocks that go around the end of the recording.

    With `swap` the names of two equal stacks are exchanged block by block at random, so that
    neither is ahead on average, whatever the recording happened to hold.
    """
    found: list[Draw] = []
    while len(found) < wanted:
        first = randomness.randrange(recorded)
        swapped = swap and randomness.random() < 0.5  # noqa: PLR2004 - a coin
        found += [Draw((first + step) % recorded, swapped) for step in range(block)]
    return found[:wanted]


def apart(
    recorded: int, wanted: int, randomness: random.Random, *, block: int = BLOCK
) -> tuple[list[int], list[int]]:
    """Draw as many rounds as wanted, in blocks, none twice; return them, and all others."""
    blocks = [list(range(recorded))[first : first + block] for first in range(0, recorded, block)]
    order = [place for each in randomness.sample(blocks, len(blocks)) for place in each]
    return sorted(order[:wanted]), sorted(order[wanted:])


def smallest(enough: Callable[[float], bool], low: float, high: float) -> float:
    """Return the smallest argument that is enough, where all larger ones are, too.

    Bisects on the scale of ratios, to 5 %; infinity if even `high` does not do.
    """
    if not enough(high):
        return math.inf
    while high / low > 1.05:  # noqa: PLR2004 - the precision that is promised
        middle = math.sqrt(low * high)
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
