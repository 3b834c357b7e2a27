"""What need not be measured, because it could not win if it did as well as possible.

Throughput grows no faster than in proportion to workers × threads: with twice as many, a server
does twice as much at best. A candidate that would stay behind even so is out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from timetrial.features.tune.candidate import Candidate
from timetrial.features.tune.outcome import OutcomeKind, SettingOutcome

_SLACK = 2.0
"""How many times as much a candidate may do as it was seen to, in one or two short windows, or over
one connection, when it waits for the client, too."""


@dataclass(frozen=True, slots=True)
class MeasuredThroughput:
    """A candidate that was measured."""

    candidate: Candidate
    per_s: float
    """Correct responses a second."""
    alone: bool = False
    """Over one connection, by a server that has a thread for each request."""

    def at_most(self, other: Candidate) -> float | None:
        """Bound the throughput of a candidate that is no smaller; None for any other."""
        own = self.candidate
        if other.server != own.server:
            return None
        if other.workers < own.workers or other.threads < own.threads:
            return None
        return _SLACK * self.per_s * other.slots / own.slots


def ruled_out(
    alive: Sequence[Candidate],
    seen: Sequence[MeasuredThroughput],
    name: Callable[[Candidate], str],
    rate_per_s: float | None = None,
) -> Mapping[Candidate, SettingOutcome]:
    """List those that stay behind the best one that was seen, or cannot bear the rate, if there is
    one; each with the reason.
    """
    loaded = [measured for measured in seen if not measured.alone]
    if not loaded:
        return {}
    best = max(loaded, key=lambda each: each.per_s)
    standard = SettingOutcome(
        OutcomeKind.CANNOT_REACH_BEST, least_per_s=best.per_s, best=name(best.candidate)
    )
    if rate_per_s is not None:
        standard = SettingOutcome(OutcomeKind.CANNOT_REACH_RATE, least_per_s=rate_per_s)
    found: dict[Candidate, SettingOutcome] = {}
    for candidate in alive:
        bounds = [bound for measured in seen if (bound := measured.at_most(candidate)) is not None]
        if bounds and min(bounds) < standard.least_per_s:
            found[candidate] = replace(standard, most_per_s=min(bounds))
    return found
