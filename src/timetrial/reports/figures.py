"""Figures as text: with the digits that their interval supports; a dash where there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass

from timetrial.model.summary import Estimate, Missing

NONE = DASH = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"
_DIGITS_AT_LEAST, _DIGITS_AT_MOST = 3, 4
_DIGITS_WITHOUT_INTERVAL = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a table."""

    text: str
    """As '5,410', '≥ 5,410', or a dash."""
    interval: str | None
    """Its 95 % interval: two figures with a dash between them."""
    why_missing: str | None = None
    """Where there is no figure, the reason."""
    failed: bool = False
    """Whether there is none because what it is about has failed."""

    @property
    def missing(self) -> bool:
        return self.why_missing is not None


def figure(estimate: Estimate | Missing, scale: float = 1.0) -> Figure:
    """Write an estimate, multiplied by `scale`, with its interval."""
    if isinstance(estimate, Missing):
        return Figure(NONE, None, estimate.reason)
    value = estimate.value * scale
    if estimate.low is None or estimate.high is None:
        return Figure(_written(value, _decimals(value, None)), None)
    low, high = estimate.low * scale, estimate.high * scale
    decimals = _decimals(value, (high - low) / 2)
    interval = f"{_written(low, decimals)}{DASH}{_written(high, decimals)}"
    return Figure(_written(value, decimals), interval)


def at_least(estimate: Estimate | Missing, scale: float = 1.0) -> Figure:
    """Write an estimate that is only a lower bound."""
    bound = figure(estimate, scale)
    return bound if bound.missing else Figure(f"≥ {bound.text}", None)


def absent(reason: str) -> Figure:
    """Stand in where there is no figure."""
    return Figure(NONE, None, reason)


def failed(reason: str) -> Figure:
    """Stand in for the figure of what has failed."""
    return Figure("failed", None, reason, failed=True)


def _decimals(value: float, half_width: float | None) -> int:
    """Choose the last decimal: the first digit of the interval's half-width."""
    first = _exponent(value)
    digits = _DIGITS_WITHOUT_INTERVAL
    if half_width is not None:
        digits = first - _exponent(half_width) + 1 if half_width > 0 else 0
        digits = max(_DIGITS_AT_LEAST, min(_DIGITS_AT_MOST, digits))
    return digits - 1 - first


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _written(value: float, decimals: int) -> str:
    return f"{round(value, decimals):,.{max(0, decimals)}f}"
