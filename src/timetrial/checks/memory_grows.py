"""Memory that grows with every request: what an app never gives back it will run out of."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from timetrial.checks.history import History, percent
from timetrial.checks.thresholds import MEMORY_GROWS
from timetrial.stats.student import centre
from timetrial.units import MIB

if TYPE_CHECKING:
    from timetrial.finding import Finding
    from timetrial.measurement import Measurement

NAME = MEMORY_GROWS.name
P_BELOW = 0.01
ROUNDS_FROM = 5


def find(history: History) -> Finding | None:
    """Compare memory at the ends of a round's first and last contest.

    Some contests take more memory than others, and the kernel seldom gets any back; so it has to
    grow whichever of them comes last. A stack has the finding once, in one of its contests.
    """
    every = (*history.measurements, *history.elsewhere)
    if history.contest.name != max((m.trial.cell.contest for m in every), default=""):
        return None
    rounds = [own for own in _by_round(every).values() if len(own) > 1]
    if len(rounds) < ROUNDS_FROM:
        return None
    growth = _growth_by_last(rounds)
    least = min(map(statistics.fmean, growth.values()))
    severity = MEMORY_GROWS.judge(math.expm1(least))
    if severity is None or len(growth) < 2:  # noqa: PLR2004 - one alone may take more memory
        return None
    changes = [change for own in growth.values() for change in own]
    if centre(changes).p >= P_BELOW:
        return None
    share = percent(math.expm1(statistics.fmean(changes)))
    grown = statistics.fmean(_memory(own[-1]) - _memory(own[0]) for own in rounds)
    requests = statistics.fmean(sum(_requests(each) for each in own[1:]) for own in rounds)
    return history.finding(
        NAME,
        severity,
        f"memory rose by {share} from the end of a round's first contest to the end of its last, "
        f"whichever that was: {grown / MIB:.1f} MiB in {requests:,.0f} requests, "
        f"{grown / requests / 1024:.1f} KiB for each. The app, or the server, may leak.",
    )


def _by_round(measurements: Sequence[Measurement]) -> Mapping[int, list[Measurement]]:
    """Group measurements by round, in the order in which they were taken."""
    rounds: dict[int, list[Measurement]] = {}
    known = [each for each in measurements if each.windows]
    for each in sorted(known, key=lambda one: one.windows[0].started_ns):
        rounds.setdefault(each.trial.round, []).append(each)
    return rounds


def _growth_by_last(rounds: Sequence[Sequence[Measurement]]) -> Mapping[str, list[float]]:
    """List log ratios of memory, last over first, by the contest that came last."""
    growth: dict[str, list[float]] = {}
    for own in rounds:
        change = math.log(_memory(own[-1]) / _memory(own[0]))
        growth.setdefault(own[-1].trial.cell.contest, []).append(change)
    return growth


def _memory(measurement: Measurement) -> int:
    return measurement.memory.total_bytes


def _requests(measurement: Measurement) -> int:
    return max(1, sum(window.completions_overall for window in measurement.windows))
