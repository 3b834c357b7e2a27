"""Axes with ticks at round numbers, in percent of their length. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_TICKS_WANTED = 4
_ROOM = 1.04
"""An axis from 0 is that much longer than its largest value."""
_MOST_TICKS = 6
"""On a logarithmic axis."""


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    """Percent of the axis."""
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis that need not begin at 0."""

    low: float
    high: float
    ticks: tuple[Tick, ...]
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Return where a value lies, in percent from the lower end."""
        if self.logarithmic:
            return 100 * math.log(value / self.low) / math.log(self.high / self.low)
        return 100 * (value - self.low) / (self.high - self.low)


def axis(highest: float) -> tuple[float, tuple[Tick, ...]]:
    """Choose an axis from 0 past `highest`: its end, and ticks at round numbers."""
    end = highest * _ROOM
    step = _step(end / _TICKS_WANTED)
    places = (i * step for i in range(int(end / step) + 1))
    return end, tuple(Tick(100 * place / end, _label(place, step)) for place in places)


def axis_around(values: Sequence[float]) -> Axis:
    """Choose an axis on which differences between positive values are seen.

    It begins at 0 only where the values come near to it.
    """
    lowest, highest = min(values), max(values)
    # Values that are all alike lie in the middle.
    least = 0.05 * highest
    room = max(0.1 * (highest - lowest), (least - (highest - lowest)) / 2, 0.0)
    step = _step((highest - lowest + 2 * room) / _TICKS_WANTED)
    first, last = math.floor((lowest - room) / step), math.ceil((highest + room) / step)
    first = 0 if first * step < (last - first) * step / _TICKS_WANTED else first
    low, high = first * step, last * step
    span = high - low
    return Axis(
        low,
        high,
        tuple(Tick(100 * (i * step - low) / span, _label(i * step, step))
              for i in range(first, last + 1)),
    )  # fmt: skip


def axis_of_logs(values: Sequence[float]) -> Axis:
    """Choose a logarithmic axis for positive values, with ticks at 1, 2 and 5, or fewer."""
    lowest, highest = min(values), max(values)
    decades = range(math.floor(math.log10(lowest)) - 1, math.ceil(math.log10(highest)) + 2)
    for factors in ((1, 2, 5), (1,)):
        places = [factor * 10.0**decade for decade in decades for factor in factors]
        low = max(place for place in places if place <= lowest)
        high = min(place for place in places if place >= highest and place > low)
        shown = [place for place in places if low <= place <= high]
        if len(shown) <= _MOST_TICKS:
            break
    every = math.ceil(len(shown) / _MOST_TICKS)
    whole = Axis(low, high, (), logarithmic=True)
    ticks = tuple(Tick(whole.at(place), f"{place:,.12g}") for place in shown[::every])
    return Axis(low, high, ticks, logarithmic=True)


def _step(rough: float) -> float:
    """Return the smallest round number that is not below `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)


def _label(place: float, step: float) -> str:
    """Write a place with the decimals that its step has."""
    exponent = math.floor(round(math.log10(step), 9))
    is_quarter = round(step / 10.0**exponent, 6) == 2.5  # noqa: PLR2004 - the step with two digits
    decimals = max(0, is_quarter - exponent)
    return f"{place:,.{decimals}f}" if place else "0"
