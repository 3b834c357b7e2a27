"""What need not be measured, because it could not win if it did as well as possible.

Throughput grows no faster than in proportion to workers × threads: with twice as many, a server
does twice as much at best. A candidate that would stay behind even so is out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from timetrial.tuning.candidate import Candidate
from timetrial.units import significant

_SLACK = 2.0
"""How many times as much a candidate may do as it was seen to, in one or two short windows, or over
one connection, when it waits for the client, too."""


@dataclass(frozen=True, slots=True)
class Seen:
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


def hopeless(
    alive: Sequence[Candidate],
    seen: Sequence[Seen],
    name: Callable[[Candidate], str],
    rate_per_s: float | None = None,
) -> Mapping[Candidate, str]:
    """List those that stay behind the best one that was seen, or cannot bear the rate, if there is
    one; each with the reason.
    """
    loaded = [each for each in seen if not each.alone]
    if not loaded:
        return {}
    best = max(loaded, key=lambda each: each.per_s)
    least_per_s, where = best.per_s, f"{name(best.candidate)} did {significant(best.per_s, 2)}"
    if rate_per_s is not None:
        least_per_s, where = rate_per_s, f"{significant(rate_per_s, 2)} are asked for"
    found: dict[Candidate, str] = {}
    for candidate in alive:
        bounds = [bound for each in seen if (bound := each.at_most(candidate)) is not None]
        if bounds and min(bounds) < least_per_s:
            most = significant(min(bounds), 2)
            found[candidate] = f"at best {most} requests/s, by the pilot, where {where}"
    return found
