"""Windows in which the load generator itself stood still: stopped, or without a CPU.

They are measured again. One that remains says nothing of a server: its round is left out.
"""

from __future__ import annotations

from collections.abc import Iterable

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import GENERATOR_STOPPED
from timetrial.model import Finding, Measurement, Window, significant

LEAST_S = 0.25
"""Schedulers and CPU quotas keep a thread waiting for shorter times: other checks see those."""


def find(context: CellContext) -> Finding | None:
    windows = list(context.windows())
    void = [window for window in windows if is_void(window)]
    if not void:
        return None
    longest_s = max(window.generator_gap_s or 0.0 for window in void)
    return context.finding(
        GENERATOR_STOPPED.name,
        GENERATOR_STOPPED.judge(max(map(_share, void))) or "invalid",
        f"in {len(void)} of {len(windows)} windows {context.generator} itself stood still, for up "
        f"to {significant(longest_s)} s: it was stopped, or had no CPU. This says nothing of the "
        f"server.",
    )


def stopped(measurements: Iterable[Measurement]) -> float | None:
    """Return the largest share of a window for which the generator stood still; None: unknown."""
    windows = [window for measurement in measurements for window in measurement.windows]
    known = (_share(window) for window in windows if window.generator_gap_s is not None)
    return max(known, default=None)


def is_void(window: Window) -> bool:
    """Return whether the generator stood still for so long that the window has to be void."""
    return stood_still_in(window.generator_gap_s or 0.0, window.length_s)


def stood_still_in(gap_s: float, length_s: float) -> bool:
    """Return whether a gap in the generator's clock is too long for a load of that length."""
    return GENERATOR_STOPPED.judge(_share_of(gap_s, length_s)) is not None


def _share(window: Window) -> float:
    return _share_of(window.generator_gap_s or 0.0, window.length_s)


def _share_of(gap_s: float, length_s: float) -> float:
    return min(1.0, gap_s / length_s) if gap_s >= LEAST_S and length_s else 0.0
