"""The decision that a contest has been measured enough."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stop:
    """No round of a contest is due after this one."""

    contest: str
    after_round: int
    reason: str
    """One sentence."""
