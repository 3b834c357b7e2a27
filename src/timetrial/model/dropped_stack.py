"""A stack that left a race before its end, because it was clearly behind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DroppedStack:
    """No round of a benchmark is due for this stack after this one."""

    benchmark: str
    stack: str
    after_round: int
