"""Kinds of noise that made-up stacks have, in units of a typical standard deviation.

A shape ends with stacks and rounds; there may be tables before them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Shape = tuple[int, ...]
Noise = Callable[[np.random.Generator, Shape], Values]
WILD = 0.1
"""Share of rounds that are outlying."""
MOST = 4.0
"""Standard deviation of the noisiest stack in that of the calmest, where they differ."""


def _equal(numbers: np.random.Generator, shape: Shape) -> Values:
    return numbers.standard_normal(shape)


def _unequal(numbers: np.random.Generator, shape: Shape) -> Values:
    return numbers.standard_normal(shape) * np.geomspace(1, MOST, shape[-2])[:, None]


def _one_noisy(numbers: np.random.Generator, shape: Shape) -> Values:
    deviations = np.ones(shape[-2])
    deviations[-1] = MOST
    return numbers.standard_normal(shape) * deviations[:, None]


def _half_noisy(numbers: np.random.Generator, shape: Shape) -> Values:
    deviations = np.where(np.arange(shape[-2]) < shape[-2] // 2, 1.0, MOST)
    return numbers.standard_normal(shape) * deviations[:, None]


def _heavy(numbers: np.random.Generator, shape: Shape) -> Values:
    return numbers.standard_t(3, shape) / math.sqrt(3)


def _outliers(numbers: np.random.Generator, shape: Shape) -> Values:
    """Make a tenth of the rounds six times as noisy for all stacks."""
    wild = 1 + 5 * (numbers.random((*shape[:-2], 1, shape[-1])) < WILD)
    return numbers.standard_normal(shape) * wild


NOISES: Mapping[str, Noise] = {
    "equal": _equal,
    "SD 1 : 4": _unequal,
    "SD 1 : 4, one": _one_noisy,
    "SD 1 : 4, half": _half_noisy,
    "t, 3 degrees": _heavy,
    "outlying rounds": _outliers,
}
"""Standard deviations of `SD 1 : 4` rise from stack to stack; of the next two, `one` stack has
four times that of the others, or `half` of them have."""
