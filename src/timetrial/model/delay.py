"""How long a responder takes for a response; all times are in seconds."""

from __future__ import annotations

import math
import re
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


def described(delay: Delay) -> tuple[str, tuple[float, ...], float]:
    """Return the engine's name for a delay, its times in s, and its share or sigma."""
    match delay:
        case NoDelay():
            return "none", (), 0.0
        case Constant(time_s):
            return "constant", (time_s,), 0.0
        case LogNormal(median_s, sigma):
            return "lognormal", (median_s,), sigma
        case Bimodal(fast_s, slow_s, share_slow):
            return "bimodal", (fast_s, slow_s), share_slow
        case Uniform(low_s, high_s):
            return "uniform", (low_s, high_s), 0.0
        case Exponential(mean_s):
            return "exponential", (mean_s,), 0.0


def read_delay(text: str) -> Delay:
    """Read a delay as people write it: '25ms', 'lognormal 25ms 0.5', 'uniform 10ms 40ms', …

    Raises ValueError with the end of a sentence that begins with the text.
    """
    kind, *parts = text.split() or [""]
    if kind == "0" and not parts:
        return NoDelay()
    if kind not in _TIMES:
        kind, parts = "constant", text.split()
    times = _TIMES[kind]
    try:
        times_s = [_time_s(part) for part in parts[:times]]
        return _made(kind, times_s, [float(part) for part in parts[times:]])
    except ValueError:
        raise ValueError(
            "is no latency; examples are 0, 25ms, lognormal 25ms 0.5 (median and sigma), uniform "
            "10ms 40ms, exponential 25ms, bimodal 2ms 200ms 0.01 (and the share of the slow)"
        ) from None


_TIMES = {"constant": 1, "lognormal": 1, "bimodal": 2, "uniform": 2, "exponential": 1}
"""Times after each kind's name; its sigma or share comes last, if it has one."""
_UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
_TIME = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>us|ms|s)|0")


def _time_s(text: str) -> float:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError
    return float(match["number"]) * _UNITS_S[match["unit"]] if match["unit"] else 0.0


def _made(kind: str, times_s: list[float], shares: list[float]) -> Delay:
    match kind, times_s, shares:
        case "constant", [time_s], []:
            return Constant(time_s)
        case "lognormal", [median_s], [sigma] if 0 <= sigma < math.inf:
            return LogNormal(median_s, sigma)
        case "bimodal", [fast_s, slow_s], [share] if 0 <= share <= 1:
            return Bimodal(fast_s, slow_s, share)
        case "uniform", [low_s, high_s], [] if low_s <= high_s:
            return Uniform(low_s, high_s)
        case "exponential", [mean_s], []:
            return Exponential(mean_s)
    raise ValueError
