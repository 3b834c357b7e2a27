"""Which differences can be seen at all: the power of a paired comparison over rounds. Pure.

Differences of two stacks, one a round, are logs of ratios with a standard deviation between rounds
(that of an A/A run, where nothing but noise is in them). Their mean has a t interval; a true
difference is found when the t test rejects, and its chance of that follows the noncentral t
distribution (Student 1908; Johnson & Welch, Applications of the non-central t-distribution,
Biometrika 1940).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from timetrial.analysis.statistics.mean_inference import CONFIDENCE, ROUNDS_FOR_INTERVAL
from timetrial.analysis.statistics.t_distribution import quantile

POWER = 0.80


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """What can be seen in so much time, on this machine, of two stacks that resemble the tried."""

    length_s: float
    rounds: int
    half_width: float
    """Of the 95 % interval of a ratio, as a share (0.01 is 1 %)."""
    detectable: float
    """The smallest difference that is found in 80 of 100 runs, as a share."""


def noise_floors(
    differences: Sequence[float], round_s: float, lengths_s: Sequence[float]
) -> tuple[NoiseFloor, ...]:
    """Carry the noise of the rounds that were run over to runs of other lengths.

    `differences` are logs of ratios, one a round; `round_s` is what a round took. Lengths in which
    there is no room for three rounds, the fewest for an interval, are left out. Raises ValueError
    for fewer than two differences.
    """
    if len(differences) < 2:  # noqa: PLR2004 - a deviation takes two
        raise ValueError("the noise between rounds takes two rounds to be seen")
    sd = statistics.stdev(differences)
    rounds = [(length_s, int(length_s / round_s)) for length_s in lengths_s]
    return tuple(
        NoiseFloor(
            length_s,
            n,
            math.expm1(half_width(sd, n)),
            math.expm1(detectable(sd, n)),
        )
        for length_s, n in rounds
        if n >= ROUNDS_FOR_INTERVAL
    )


def half_width(sd: float, rounds: int, confidence: float = CONFIDENCE) -> float:
    """Return the half-width of the mean's interval, in the unit of `sd`; from two rounds on."""
    return quantile(rounds - 1, confidence) * sd / math.sqrt(rounds)


def detectable(
    sd: float, rounds: int, power: float = POWER, confidence: float = CONFIDENCE
) -> float:
    """Return the true mean that is told from zero with that chance, in the unit of `sd`."""
    critical = quantile(rounds - 1, confidence)
    # SciPy is imported when it is needed: that takes longer than most reports.
    shift = float(import_module("scipy.special").nctdtrinc(rounds - 1, 1 - power, critical))
    return shift * sd / math.sqrt(rounds)
