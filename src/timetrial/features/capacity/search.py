"""Which rate to try next: double, bisect, confirm. Time and outcomes come in; pure.

One trial decides nothing: a rate counts as missed only if most of three trials missed there. The
search only finds where to look. The answer comes from the trials of confirmation alone, at rates
that were fixed before any of them was taken.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from timetrial.features.capacity.pass_curve import Tally, bounds
from timetrial.features.capacity.trial import Phase, PlannedTrial, Verdict

PRECISION = 0.05
"""To which bisecting goes."""
STEP = 0.025
"""Between the rates of confirmation; larger where there was no time to bisect so far."""
ROUNDS = 5
"""Trials at each rate of confirmation."""
RECOVERY_S = 0.5
"""A guess for what a trial takes besides its load."""
SHORTEST_S = 3.0
"""A queue that grows needs time to show."""
_LEAD_IN = 1 / 6
"""Of the shortest trial."""
_MOST_CONFIRMED = 5
_FEWEST_CONFIRMED = 3
_MOST_EXTENSIONS = 4
_BEYOND = (2, 5)
"""More rates are tried this many steps beyond the confirmed ones."""
_MOST_VOID = 4
_LONGEST_S = 120.0
_LONGEST_OF_BUDGET = 1 / 15
"""So that at least one rate can be confirmed, wherever it is."""
_SIGMAS = 4
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """The goal of a search, and its limits."""

    requests_needed: int
    """In a trial."""
    start_per_s: float
    """The first rate."""
    highest_per_s: float
    """No rate beyond it is tried."""
    budget_s: float
    """No trial begins that would probably end later."""
    seed: int = 0
    """Of the order in which rates are confirmed."""
    rounds: int = ROUNDS
    fresh_start_s: float = 0.0
    """What each block of trials takes before its first one."""
    shortest_s: float = SHORTEST_S
    """Of the trials."""

    @property
    def lead_in_s(self) -> float:
        """How long the load is on before the window of a trial opens."""
        return self.shortest_s * _LEAD_IN

    @property
    def longest_s(self) -> float:
        """The longest that a trial may be."""
        return max(self.shortest_s, min(_LONGEST_S, self.budget_s * _LONGEST_OF_BUDGET))

    @property
    def lowest_per_s(self) -> float:
        """At lower rates the longest trial has too few requests."""
        return max(1.0, _rounded_up(self._expected / self.longest_s))

    @property
    def _expected(self) -> float:
        """The average number at which requests are hardly ever too few: arrivals are random."""
        return self.requests_needed + _SIGMAS * math.sqrt(self.requests_needed)

    def length_s(self, rate_per_s: float) -> float:
        """Return how long a trial at that rate has to be."""
        return max(self.shortest_s, min(self.longest_s, self._expected / rate_per_s))

    def cost_s(self, rate_per_s: float) -> float:
        """Estimate the seconds of a trial at that rate, recovery included."""
        return self.lead_in_s + self.length_s(rate_per_s) + RECOVERY_S

    def confirming_s(self, rate_per_s: float, rates: int) -> float:
        """Estimate the seconds to confirm so many rates near that one."""
        return self.rounds * (self.fresh_start_s + rates * self.cost_s(rate_per_s))


@dataclass(frozen=True, slots=True)
class Bracket:
    """Where the answer seems to lie."""

    kept_per_s: float | None = None
    """The highest rate that seemed to keep the objective."""
    missed_per_s: float | None = None
    """The lowest that seemed to miss it."""
    limit_per_s: float | None = None
    """The lowest at which the load generator was the limit."""

    @property
    def above_per_s(self) -> float | None:
        """The lowest rate that is out of reach."""
        rates = (self.missed_per_s, self.limit_per_s)
        return min((rate for rate in rates if rate is not None), default=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a planned trial."""

    verdict: Verdict
    passed_s: float
    """Since the begin of the search, fresh starts and waiting for recovery included."""


_T = TypeVar("_T")
_Part = Generator[PlannedTrial, Answer, _T]
Steps = _Part[bool]
"""Yields trials to take; returns whether the budget sufficed for all of them."""


class Search:
    """A running search; its state may be read after every trial."""

    def __init__(self, plan: SearchPlan) -> None:
        self.plan = plan
        self.bracket = Bracket()
        self.tallies: dict[float, Tally] = {}
        """Verdicts of the trials of confirmation, by rate."""
        self._passed_s = 0.0
        self._block = self._started = 0
        self._random = Random(plan.seed)  # noqa: S311 - it shuffles

    def steps(self) -> Steps:
        """Search, one trial at a time."""
        try:
            yield from self._double()
            yield from self._bisect()
            yield from self._confirm()
        except _BudgetSpent:
            return False
        return True

    def _double(self) -> _Part[None]:
        """Double the rate until the objective is missed, or halve it until it is kept."""
        rate = min(max(rounded(self.plan.start_per_s), self._lowest), self._highest)
        while self.bracket.kept_per_s is None or self.bracket.above_per_s is None:
            verdict = yield from self._seems("double", rate)
            self._note(verdict, rate)
            if verdict == "kept":
                if rate >= self._highest or self.bracket.above_per_s is not None:
                    return
                rate = min(rounded(2 * rate), self._highest)
            else:
                if rate <= self._lowest or self.bracket.kept_per_s is not None:
                    return
                rate = max(rounded(rate / 2), self._lowest)

    def _bisect(self) -> _Part[None]:
        """Halve the bracket until it is narrow, or time is left for its confirmation alone."""
        while True:
            low, high = self.bracket.kept_per_s, self.bracket.above_per_s
            if low is None or high is None or high / low <= 1 + PRECISION:
                return
            middle = rounded(math.sqrt(low * high))
            reserved_s = self.plan.confirming_s(middle, _MOST_CONFIRMED)
            if self._left_s < reserved_s + 2 * self.plan.cost_s(middle) or middle in {low, high}:
                return
            verdict = yield from self._seems("bisect", middle)
            self._note(verdict, middle)

    def _confirm(self) -> _Part[None]:
        """Try rates around the answer in turn, and more where they do not enclose it."""
        rates = self._ladder()
        for extension in range(1 + _MOST_EXTENSIONS):
            if not rates:
                return
            yield from self._rounds(rates)
            # Where noise is wider than the steps, small steps would take too long.
            rates = self._outside(2**extension)

    def _ladder(self) -> tuple[float, ...]:
        """Choose the rates of confirmation: as many as there is time for."""
        low, high = self.bracket.kept_per_s, self.bracket.missed_per_s
        if low is None or high is None:
            return self._possible([self._lowest if low is None else low])
        steps = _MOST_CONFIRMED
        if self._left_s < self.plan.confirming_s(low, steps):
            steps = _FEWEST_CONFIRMED
        middle, half = math.sqrt(low * high), steps // 2
        factor = max(1 + STEP, (high / low) ** (1 / (steps - 1)))
        return self._possible(middle * factor**place for place in range(-half, half + 1))

    def _outside(self, reach: int) -> tuple[float, ...]:
        """Choose rates beyond those that were confirmed, where the answer may lie outside.

        `reach` is how many times as wide as in the ladder their steps are.
        """
        if not self.tallies:
            return ()
        low, high = bounds(self.tallies, self.plan.seed)
        factors = [(1 + STEP) ** (reach * places) for places in _BEYOND]
        lowest, highest = min(self.tallies), max(self.tallies)
        below = [lowest / factor for factor in factors if low is None]
        above = [highest * factor for factor in factors if high is None]
        return tuple(rate for rate in self._possible(below + above) if rate not in self.tallies)

    def _possible(self, rates: Iterable[float]) -> tuple[float, ...]:
        """Round rates, and keep them where trials can be taken."""
        limit = self.bracket.limit_per_s
        kept = {min(max(rounded(rate), self._lowest), self._highest) for rate in rates}
        return tuple(sorted(rate for rate in kept if limit is None or rate < limit))

    def _rounds(self, rates: Sequence[float]) -> _Part[None]:
        """Try each of the rates once a round, in random order and its reversal by turns."""
        order: list[float] = []
        for number in range(self.plan.rounds):
            order = order[::-1] if number % 2 else self._random.sample(rates, len(rates))
            self._block += 1
            for rate in order:
                verdict = yield from self._valid("confirm", rate)
                if verdict != "void":
                    self.tallies[rate] = self.tallies.get(rate, Tally()).plus(verdict)
        for rate in rates:
            if rate not in self.tallies:
                self._note("void", rate)

    def _seems(self, phase: Phase, rate: float) -> _Part[Verdict]:
        """Try once; after a miss take the majority of three."""
        first = yield from self._valid(phase, rate)
        if first != "missed":
            return first
        second = yield from self._valid(phase, rate)
        if second != "kept":
            return second
        return (yield from self._valid(phase, rate))

    def _valid(self, phase: Phase, rate: float) -> _Part[Verdict]:
        """Try until a trial is not void; 'void' if all are."""
        for _ in range(_MOST_VOID):
            verdict = yield from self._try(phase, rate)
            if verdict != "void":
                return verdict
        return "void"

    def _try(self, phase: Phase, rate: float) -> _Part[Verdict]:
        fresh_start_s = self.plan.fresh_start_s if self._block != self._started else 0.0
        if self._left_s < fresh_start_s + self.plan.cost_s(rate):
            raise _BudgetSpent
        self._started = self._block
        answer = yield PlannedTrial(phase, self._block, rate, self.plan.length_s(rate))
        self._passed_s = answer.passed_s
        return answer.verdict

    def _note(self, verdict: Verdict, rate: float) -> None:
        now = self.bracket
        if verdict == "kept":
            self.bracket = replace(now, kept_per_s=max(rate, now.kept_per_s or rate))
        elif verdict == "missed":
            self.bracket = replace(now, missed_per_s=min(rate, now.missed_per_s or rate))
        else:
            self.bracket = replace(now, limit_per_s=min(rate, now.limit_per_s or rate))

    @property
    def _left_s(self) -> float:
        return self.plan.budget_s - self._passed_s

    @property
    def _highest(self) -> float:
        return self.plan.highest_per_s

    @property
    def _lowest(self) -> float:
        return min(self.plan.lowest_per_s, self._highest)


class _BudgetSpent(Exception):  # noqa: N818 - what happened, no error
    """There is no time for the trial that is due."""


def rounded(rate_per_s: float) -> float:
    """Round a rate to three digits: more would not be read."""
    return float(f"{rate_per_s:.{_DIGITS}g}")


def _rounded_up(rate_per_s: float) -> float:
    unit = 10.0 ** (math.floor(math.log10(rate_per_s)) + 1 - _DIGITS)
    return rounded(math.ceil(rate_per_s / unit) * unit)
