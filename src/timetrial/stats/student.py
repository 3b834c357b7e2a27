"""Mean and Student's t: the arithmetic that all intervals here share."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIDENCE = 0.95
ROUNDS_FOR_INTERVAL = 3
"""With two rounds an interval is many times as wide as what it is about."""


@dataclass(frozen=True, slots=True)
class Centre:
    """Where a sample's mean lies, and how sure that is."""

    mean: float
    half_width: float | None
    """Of the interval around the mean; None where the sample is too small for one."""
    p: float
    """Two-sided, of 'the true mean is zero'; 1 where the sample is too small to say."""


def centre(
    values: Sequence[float], confidence: float = CONFIDENCE, resolution: float = 0.0
) -> Centre:
    """Take the mean of independent values with its t interval and test (Student 1908).

    A `resolution` is an error that repeats itself in every value, up to that size: the interval
    is wider by it, and the test asks whether the mean exceeds it.
    """
    mean = statistics.fmean(values)
    if len(values) < ROUNDS_FOR_INTERVAL:
        return Centre(mean, None, 1.0)
    error = statistics.stdev(values) / math.sqrt(len(values))
    freedom = len(values) - 1
    half_width = quantile(freedom, confidence) * error + resolution
    return Centre(mean, half_width, two_sided_p(max(0.0, abs(mean) - resolution), error, freedom))


def quantile(freedom: float, confidence: float) -> float:
    """Return t such that a share of `confidence` lies between -t and t."""
    return float(_special().stdtrit(freedom, (1 + confidence) / 2))


def two_sided_p(excess: float, error: float, freedom: float) -> float:
    """Return how likely a mean so far from zero, either way, is if the true one is zero."""
    if error == 0:
        return 1.0 if excess == 0 else 0.0
    return float(2 * _special().stdtr(freedom, -excess / error))


def _special() -> ModuleType:
    """Load SciPy when it is needed: it takes longer than most that is done without it."""
    return import_module("scipy.special")
