"""WebSockets that are spread unevenly over workers: they stay where they were accepted."""

from __future__ import annotations

import math
from collections.abc import Sequence

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import UNEVEN
from timetrial.model import Finding

BY_CHANCE = 0.001
"""Chance spreads connections less evenly than this more rarely."""


def find(context: CellContext) -> Finding | None:
    """Note it where that is so in most rounds."""
    if not context.benchmark.workload.is_messages or context.workers == 1:
        return None
    spreads = [spread for m in context.measurements if (spread := _padded(m.by_worker, context))]
    uneven = [spread for spread in spreads if is_uneven(spread)]
    if 2 * len(uneven) <= len(spreads):
        return None
    worst = max(uneven, key=lambda spread: spread[0] / sum(spread))
    rounds = f"in {len(uneven)} of {len(spreads)} rounds" if len(spreads) > 1 else "in one round"
    return context.finding(
        UNEVEN.name,
        UNEVEN.judge(_times(worst)) or "note",
        f"of {sum(worst):,} WebSockets its {len(worst)} workers held "
        f"{', '.join(f'{count:,}' for count in worst)} ({rounds}, the worst is shown): chance "
        f"alone does that less than once in {1 / BY_CHANCE:,.0f} times.",
    )


def is_uneven(spread: Sequence[int]) -> bool:
    """Return whether one worker holds far more than another, and more than by chance."""
    return UNEVEN.judge(_times(spread)) is not None and by_chance(spread) < BY_CHANCE


def by_chance(spread: Sequence[int]) -> float:
    """Bound the probability that a worker gets as many or more if each connection is drawn evenly.

    That is the tail of a binomial distribution for each of the workers, added up.
    """
    total, share, most = sum(spread), 1 / len(spread), max(spread)
    log_odds = math.log(share), math.log1p(-share)
    tail = math.fsum(
        math.exp(_log_choose(total, k) + k * log_odds[0] + (total - k) * log_odds[1])
        for k in range(most, total + 1)
    )
    return min(1.0, len(spread) * tail)


def _times(spread: Sequence[int]) -> float:
    """Return the largest number of connections as a multiple of the smallest."""
    return max(spread) / min(spread) if min(spread) else math.inf


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _padded(by_worker: Sequence[int], context: CellContext) -> tuple[int, ...]:
    """Add the workers without connections; () where nothing was counted."""
    if not by_worker:
        return ()
    return (*by_worker, *[0] * (context.workers - len(by_worker)))
