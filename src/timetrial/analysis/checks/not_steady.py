"""A stack that was still getting faster, or slower, when measuring began."""

from __future__ import annotations

import itertools

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import NOT_STEADY
from timetrial.analysis.statistics.steadiness import Settling, settling
from timetrial.model import Finding, StackLife

PILOTS = 3
"""Number of judged warm-ups: the first ones with enough data."""


def find(context: CellContext) -> Finding | None:
    """Judge the whole stack: each of its benchmarks has the finding, whichever part shows it."""
    lives = sorted(context.lives, key=lambda life: life.round)
    judged = ((life, settled) for life in lives if (settled := _last_to_settle(life)))
    pilots = itertools.islice(judged, PILOTS)
    late = [(life.round, settled) for life, settled in pilots if not settled.steady]
    if NOT_STEADY.judge(len(late)) is None:
        return None
    rounds = " and ".join(str(number) for number, _ in late)
    worst = min((settled for _, settled in late), key=lambda settled: settled.spare_s)
    return context.finding(
        NOT_STEADY.name,
        "doubtful",
        f"it had not become steady when its warm-up ended in rounds {rounds}: {worst.quantity} "
        f"changed by {100 * (worst.change - 1):+.0f} % as late as {worst.last_change_s:.1f} s into "
        f"a warm-up of {worst.length_s:.1f} s; a longer warm_up.at_most_s may cure it.",
    )


def _last_to_settle(life: StackLife) -> Settling | None:
    settlings = filter(None, map(settling, life.warm_up))
    return min(settlings, key=lambda settled: settled.spare_s, default=None)
