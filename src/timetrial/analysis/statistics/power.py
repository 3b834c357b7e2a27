"""The power of a paired comparison over rounds: which differences are detectable. Pure.

Differences of two stacks, one a round, are logs of ratios. An A/A run gives their standard
deviation between rounds, because it contains noise alone. Their mean has a t interval; a true
difference is detected when the t test rejects, with the probability of the noncentral t
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
    """The precision of a run of a given length on this machine, for stacks like the measured."""

    length_s: float
    rounds: int
    half_width: float
    """Of the 95 % interval of a ratio, as a share (0.01 is 1 %)."""
    detectable: float
    """The smallest difference that 80 of 100 runs detect, as a share."""


def noise_floors(
    differences: Sequence[float], round_s: float, lengths_s: Sequence[float]
) -> tuple[NoiseFloor, ...]:
    """Extrapolate the noise of the measured rounds to runs of other lengths.

    `differences` are logs of ratios, one a round; `round_s` is the length of a round. Lengths for
    fewer than three rounds, the fewest for an interval, are left out. Raises ValueError for fewer
    than two differences.
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
    """Return the true mean that is detected with probability `power`, in the unit of `sd`."""
    critical = quantile(rounds - 1, confidence)
    # SciPy is imported only here, because its import takes longer than most reports.
    shift = float(import_module("scipy.special").nctdtrinc(rounds - 1, 1 - power, critical))
    return shift * sd / math.sqrt(rounds)
