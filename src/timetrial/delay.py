"""How long a responder takes for a response; all times are in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoDelay:
    """Every response comes at once."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Every response comes after the same time."""

    time_s: float


@dataclass(frozen=True, slots=True)
class LogNormal:
    """The logarithms of the response times are normally distributed."""

    median_s: float
    sigma: float
    """Standard deviation of the natural logarithm."""


@dataclass(frozen=True, slots=True)
class Bimodal:
    """Some responses are fast, the others slow."""

    fast_s: float
    slow_s: float
    share_slow: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class Uniform:
    """All times from `low_s` to `high_s` are equally likely."""

    low_s: float
    high_s: float


@dataclass(frozen=True, slots=True)
class Exponential:
    """As if responses came by a Poisson process."""

    mean_s: float


Delay = NoDelay | Constant | LogNormal | Bimodal | Uniform | Exponential
