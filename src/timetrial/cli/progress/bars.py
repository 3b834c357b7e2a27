"""Bars of characters: a figure with its interval, and a share of something. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from timetrial.cli.progress.glyphs import Glyphs


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar in two parts: what is sure, and the interval."""

    sure: str
    interval: str = ""


def figure_bar(
    value: float, ends: tuple[float, float] | None, most: float, width: int, glyphs: Glyphs
) -> Bar:
    """Draw a figure so that `most` fills the width; from the lower to the upper end it is shaded.

    An upper end beyond `most` is cut off.
    """
    if ends is None:
        return Bar(glyphs.full * _cells(value, most, width))
    low, middle, high = (_cells(each, most, width) for each in (ends[0], value, ends[1]))
    middle = min(max(middle, low), width - 1)
    high = max(high, middle + 1)
    before, behind = glyphs.interval * (middle - low), glyphs.interval * (high - middle - 1)
    return Bar(glyphs.full * min(low, middle), f"{before}{glyphs.middle}{behind}")


def share_bar(share: float, width: int, glyphs: Glyphs) -> Bar:
    """Draw how much is done, of 1, and what is to do."""
    done = round(width * min(max(share, 0.0), 1.0))
    return Bar(glyphs.done * done, glyphs.to_do * (width - done))


def _cells(value: float, most: float, width: int) -> int:
    if value >= most:
        return width if most > 0 else 0
    return round(width * max(value, 0.0) / most)
