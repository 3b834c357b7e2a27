"""A stack that was still getting faster, or slower, when measuring began."""

from __future__ import annotations

import itertools

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import NOT_STEADY
from timetrial.analysis.statistics.steadiness import Settling, settling
from timetrial.model.finding import Finding
from timetrial.model.measurement import StackLife

PILOTS = 3
"""So many rounds' warm-ups are looked at, the first ones of which anything can be told."""


def find(context: CellContext) -> Finding | None:
    """Judge the whole stack: it is marked in each benchmark, whichever of its shares shows it."""
    lives = sorted(context.lives, key=lambda life: life.round)
    told = ((life, found) for life in lives if (found := _last_to_settle(life)))
    pilots = itertools.islice(told, PILOTS)
    late = [(life.round, found) for life, found in pilots if not found.steady]
    if NOT_STEADY.judge(len(late)) is None:
        return None
    rounds = " and ".join(str(number) for number, _ in late)
    worst = min((found for _, found in late), key=lambda each: each.spare_s)
    return context.finding(
        NOT_STEADY.name,
        "doubtful",
        f"it had not become steady when its warm-up ended in rounds {rounds}: {worst.quantity} "
        f"changed by {100 * (worst.change - 1):+.0f} % as late as {worst.last_change_s:.1f} s into "
        f"a warm-up of {worst.length_s:.1f} s; a longer warm_up.at_most_s may cure it.",
    )


def _last_to_settle(life: StackLife) -> Settling | None:
    found = [settling(series) for series in life.warm_up]
    known = [each for each in found if each is not None]
    return min(known, key=lambda each: each.spare_s, default=None)
