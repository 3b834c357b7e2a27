"""Disturbances that last, told from the single moment that every machine has now and then."""

from __future__ import annotations

from collections.abc import Sequence

MOMENT_S = 0.05
"""What an idle machine's own processes take at once, at most."""


def lasting_s(taken_s: Sequence[float]) -> float:
    """Sum what was taken of windows or rounds, less one moment of the one that lost most.

    Short measurements consist of few windows: a single burst of a daemon would be several per cent
    of them, and says nothing of the rest.
    """
    return sum(taken_s) - min(MOMENT_S, max(taken_s, default=0.0))
