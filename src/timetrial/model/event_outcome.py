"""What became of the requests of an open load while something happened to what served them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from timetrial.model.measurement import Counts

BIN_S = 0.1
EXPECTED_A_SPAN = 5
"""Arrivals in a span of time that is called silent: with fewer, silence may be chance."""


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """An open load at a constant rate, and the moment in it at which something happened."""

    rate_per_s: float
    length_s: float
    """How long requests became due."""
    event_s: float
    """When it happened; this and all times here are seconds since the load began."""
    counts: Counts
    """Of all requests."""
    due_before: Counts
    """Of those that were due before it happened, to 10 ms."""
    completions: tuple[int, ...]
    """Correct responses that came in each tenth of a second."""
    failures: tuple[int, ...]
    """Requests that came to nothing in each tenth of a second."""
    in_flight: float
    """Requests that were under way at a time, on average: the rate times the median time that a
    response took."""

    @property
    def failed_before(self) -> int:
        """Requests that came to nothing before anything had happened."""
        return sum(self.failures[: self._event_bin])

    @property
    def refused(self) -> int:
        """Requests that got no connection: they were never sent, and can be sent again safely."""
        return self.counts.connect_failed

    @property
    def lost(self) -> int:
        """Requests that were sent and got no correct response, since it happened."""
        return max(0, self.counts.failed - self.refused - self.failed_before)

    @property
    def cut_off(self) -> int:
        """Those of the lost that were under way when it happened."""
        failed = self.due_before.failed - self.due_before.connect_failed
        return min(self.lost, max(0, failed - self.failed_before))

    @property
    def ignored(self) -> int:
        """Those of the lost that came later: they were taken, or so it seemed, and not answered."""
        return self.lost - self.cut_off

    @property
    def due_after(self) -> int:
        """Requests that became due since it happened, by the rate."""
        return round(self.rate_per_s * max(0.0, self.length_s - self.event_s))

    @property
    def outage_s(self) -> float:
        """The longest time without a single correct response since it happened.

        It is known to a tenth of a second, or to the time in which five requests are due.
        """
        bins = max(1, math.ceil(EXPECTED_A_SPAN / (self.rate_per_s * BIN_S)))
        last = round(self.length_s / BIN_S)
        since = [*self.completions[self._event_bin : last]]
        since += [0] * (last - self._event_bin - len(since))
        spans = [since[start : start + bins] for start in range(0, len(since), bins)]
        longest = silent = 0
        for span in spans:
            silent = 0 if any(span) else silent + len(span)
            longest = max(longest, silent)
        return round(longest * BIN_S, 1)

    @property
    def _event_bin(self) -> int:
        return int(self.event_s / BIN_S)
