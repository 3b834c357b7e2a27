"""Which rate to try next. Time and outcomes come in; pure.

The rate doubles until a trial misses the objective, so that no server is hit by far more than it
can take. From there on each trial is placed where it tells most of the pass curve for its time,
and all of them together make the answer.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, replace

from timetrial.features.capacity.placement import Allowed, next_rate
from timetrial.features.capacity.plan import SearchPlan, rounded
from timetrial.features.capacity.posterior import Outcome, Posterior, Span, posterior
from timetrial.features.capacity.stopping import ends, is_above, is_below, is_confirmed, is_precise
from timetrial.features.capacity.trial import Phase, PlannedTrial, Verdict

_MOST_VOID = 4
_BEYOND = 4.0
"""The capacity may be so many times below or above all rates that may be tried."""
_USUAL_TRIALS = 14
"""So many find the capacity to about 10 %."""
_CLOSE = 1.05
"""The limit of the load generator is known to this factor."""


@dataclass(frozen=True, slots=True)
class Bracket:
    """What single trials say of the place of the answer."""

    kept_per_s: float | None = None
    """The highest rate that seemed to keep the objective."""
    missed_per_s: float | None = None
    """The lowest that seemed to miss it."""
    limit_per_s: float | None = None
    """The lowest at which the load generator was the limit."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the capacity lies by the trials so far, with 95 % confidence; in requests/s."""

    low_per_s: float
    high_per_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a planned trial."""

    verdict: Verdict
    passed_s: float
    """Since the begin of the search, fresh starts and waiting for recovery included."""


Steps = Generator[PlannedTrial, Answer, bool]
"""Yields trials to take; returns whether the budget sufficed for all of them."""


class Search:
    """A running search; its state may be read after every trial."""

    def __init__(self, plan: SearchPlan) -> None:
        self.plan = plan
        self.bracket = Bracket()
        self.known: Posterior = posterior(span_of(plan))
        self._passed_s = 0.0
        self._block = 0

    @property
    def interval(self) -> Interval | None:
        """Where the capacity lies so far; None until that says more than single trials do."""
        return Interval(*ends(self.known)) if is_confirmed(self.known) else None

    @property
    def trial_s(self) -> float:
        """What a trial takes where the capacity seems to be."""
        return self._adaptive_cost_s(self.known.quantile(0.5))

    @property
    def needed_s(self) -> float:
        """Estimate the seconds from now on until the capacity is known to about 10 %."""
        return max(0, _USUAL_TRIALS - len(self.known.outcomes)) * self.trial_s

    def steps(self) -> Steps:
        """Search, one trial at a time."""
        phase: Phase = "double"
        rate = min(max(rounded(self.plan.start_per_s), self._lowest), self.plan.highest_per_s)
        while True:
            if phase == "adapt":
                self._block += 1
            verdict: Verdict = "void"
            for _ in range(_MOST_VOID):
                if self._left_s < self._cost_s(rate):
                    return False
                answer = yield PlannedTrial(phase, self._block, rate, self.plan.length_s(rate))
                self._passed_s, verdict = answer.passed_s, answer.verdict
                if verdict != "void":
                    break
            self._note(verdict, rate)
            if self._is_over():
                return True
            if phase == "double" and verdict == "kept" and rate < self.plan.highest_per_s:
                rate = min(rounded(2 * rate), self.plan.highest_per_s)
                continue
            phase = "adapt"
            rate = next_rate(self.known, self._allowed(), self._adaptive_cost_s)

    def _note(self, verdict: Verdict, rate: float) -> None:
        now = self.bracket
        if verdict == "void":
            self.bracket = replace(now, limit_per_s=min(rate, now.limit_per_s or rate))
            return
        self.known = self.known.plus(Outcome(rate, verdict == "kept"))
        if verdict == "missed":
            self.bracket = replace(now, missed_per_s=min(rate, now.missed_per_s or rate))
            return
        # What the load generator could do is no limit of it.
        limit = None if now.limit_per_s is None or rate >= now.limit_per_s else now.limit_per_s
        kept = max(rate, now.kept_per_s or rate)
        self.bracket = replace(now, kept_per_s=kept, limit_per_s=limit)

    def _is_over(self) -> bool:
        limit = self.bracket.limit_per_s
        if limit is not None and limit <= self._lowest:
            return True
        if is_precise(self.known) or is_below(self.known, self._lowest):
            return True
        highest = ceiling_per_s(self.bracket, self.plan)
        is_limit_known = limit is None or highest == self.bracket.kept_per_s
        return is_limit_known and is_above(self.known, highest)

    def _allowed(self) -> Allowed:
        """At most twice what was kept: a server that is hit harder tells no more."""
        highest = ceiling_per_s(self.bracket, self.plan)
        kept, missed = self.bracket.kept_per_s, self.bracket.missed_per_s
        if kept is not None:
            highest = min(highest, 2 * kept)
        elif missed is not None:
            highest = min(highest, missed)
        return Allowed(self._lowest, max(highest, self._lowest))

    def _cost_s(self, rate: float) -> float:
        return self._adaptive_cost_s(rate) if self._block else self.plan.cost_s(rate)

    def _adaptive_cost_s(self, rate: float) -> float:
        return self.plan.fresh_start_s + self.plan.cost_s(rate)

    @property
    def _left_s(self) -> float:
        return self.plan.budget_s - self._passed_s

    @property
    def _lowest(self) -> float:
        return self.plan.lowest_per_s


def span_of(plan: SearchPlan) -> Span:
    """Return where the capacity may lie before anything is known."""
    return Span(math.log(plan.lowest_per_s / _BEYOND), math.log(plan.highest_per_s * _BEYOND))


def ceiling_per_s(bracket: Bracket, plan: SearchPlan) -> float:
    """Return the highest rate that may be tried: the load generator may be the limit."""
    limit, kept = bracket.limit_per_s, bracket.kept_per_s
    if limit is None:
        return plan.highest_per_s
    if kept is None:
        return limit / 2
    return kept if limit <= _CLOSE * kept else rounded(math.sqrt(limit * kept))
