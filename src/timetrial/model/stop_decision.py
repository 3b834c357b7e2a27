"""The decision that a benchmark has been measured enough."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StopDecision:
    """No round of a benchmark is due after this one."""

    benchmark: str
    after_round: int
    reason: str
    """One sentence."""
