"""Which of two published rows was faster, if their figures can tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.published.doubt import CEILING, JudgedRow
from timetrial.published.noise import Noise

WITHIN_NOISE = "within-noise"

Heading = Literal["higher", "lower", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Direction:
    """One row's throughput against the other's."""

    heading: Heading
    ratio: float | None
    """One over other; None where either figure is void."""
    why: str
    """In a clause: what it rests on, or why it cannot be told."""
    reasons: tuple[str, ...] = ()
    """Where it cannot be told: names of doubts, or WITHIN_NOISE."""


def direction(one: JudgedRow, other: JudgedRow, noise: Noise) -> Direction:
    """Compare two rows of one document."""
    void = [each for each in (one, other) if each.is_void("throughput") and not each.at_ceiling]
    if void:
        reasons = [name for each in void for name in each.against("throughput")]
        return Direction("cannot tell", None, _why_void(void), tuple(dict.fromkeys(reasons)))
    if one.at_ceiling and other.at_ceiling:
        why = "both are at the ceiling of the client"
        return Direction("cannot tell", None, why, (CEILING,))
    ratio = one.row.requests_per_s / other.row.requests_per_s
    if noise.covers(ratio):
        bound = one.at_ceiling or other.at_ceiling
        why, known = _within(noise, ratio), None if bound else ratio
        return Direction("cannot tell", known, why, (CEILING if bound else WITHIN_NOISE,))
    if one.at_ceiling or other.at_ceiling:
        return _from_a_bound(one, ratio)
    return Direction("higher" if ratio > 1 else "lower", ratio, f"{ratio:.3g} times")


def _from_a_bound(one: JudgedRow, ratio: float) -> Direction:
    """Know that the figure at the ceiling is one that could only have been higher."""
    if one.at_ceiling and ratio > 1:
        return Direction("higher", None, f"at least {ratio:.3g} times, at the client's ceiling")
    if not one.at_ceiling and ratio < 1:
        return Direction("lower", None, f"at most {ratio:.3g} times, at the client's ceiling")
    why = "the lower figure is at the ceiling of the client"
    return Direction("cannot tell", None, why, (CEILING,))


def _within(noise: Noise, ratio: float) -> str:
    apart = 100 * (max(ratio, 1 / ratio) - 1)
    again = 100 * (noise.ratio - 1)
    return f"they are {apart:.2g} % apart, and two runs of one row {again:.2g} %"


def _why_void(rows: list[JudgedRow]) -> str:
    clauses = [
        f"{each.row.name} is void ({', '.join(each.against('throughput'))})" for each in rows
    ]
    return " and ".join(clauses)
