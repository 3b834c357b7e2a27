"""The result of a search: the capacity, or why it is unknown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from timetrial.features.capacity.pass_curve import Tally, bounds, fitted, tallied
from timetrial.features.capacity.plan import SearchPlan
from timetrial.features.capacity.posterior import Outcome, Posterior, posterior
from timetrial.features.capacity.search import Bracket, ceiling_per_s, span_of
from timetrial.features.capacity.slo import Objective
from timetrial.features.capacity.stopping import CONFIDENCE, ends, is_above, is_below, is_confirmed
from timetrial.features.capacity.trial import CapacityTrial
from timetrial.model import Memory, Phase

_SURE = (1 + CONFIDENCE) / 2
"""At one end, as at each end of an interval."""

Ending = Literal["complete", "budget", "interrupted", "died"]
"""Why no further trial was taken; 'died': the server had ended, or did not recover."""
Kind = Literal["found", "above", "below", "bracket", "unknown"]
"""An interval with both ends, with one end, an unconfirmed range, or nothing."""


@dataclass(frozen=True, slots=True)
class Death:
    """How a server ended, or failed to start."""

    phase: Phase
    reason: str
    """A clause about the server."""
    log_tail: str
    """The last lines that it wrote; '' where they cannot be read."""
    after_trial: int
    """By its number; 0 for none."""


@dataclass(frozen=True, slots=True)
class SearchRecord:
    """A search as far as it went."""

    target: str
    """Method and URL, or app and server, for titles."""
    objective: Objective
    plan: SearchPlan
    trials: tuple[CapacityTrial, ...]
    bracket: Bracket
    ending: Ending
    passed_s: float
    created_at: str
    """ISO 8601, UTC."""
    deaths: tuple[Death, ...] = ()
    """In order; after one the search goes on if the server can be started afresh."""
    memory: Memory | None = None
    """Of the idle server after the last trial; None where it is unknown."""
    command: tuple[str, ...] = ()
    """That started the server; empty if Timetrial did not start it."""
    notes: tuple[str, ...] = ()
    """Sentences on the conditions."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The trials at one rate."""

    rate_per_s: float
    tally: Tally
    fitted: float
    """The share of trials that keep the objective, 0 to 1, on a curve that never rises."""


@dataclass(frozen=True, slots=True)
class Safeguard:
    """The 95 % interval if nothing is assumed but that the pass curve never rises."""

    low_per_s: float | None
    """Ends are rates that were tried; None where the trials permit any rate on that side."""
    high_per_s: float | None


@dataclass(frozen=True, slots=True)
class Capacity:
    """The arrival rate at which one trial in two keeps the objective."""

    kind: Kind
    estimate_per_s: float | None
    low_per_s: float | None
    """Ends of the 95 % interval; of a bracket, those of the unconfirmed range."""
    high_per_s: float | None
    confirmed: tuple[Confirmed, ...]
    """By rising rate."""
    safeguard: Safeguard | None = None
    """None in documents of before."""
    disagrees: bool = False
    """Whether the estimate lies outside of the safeguard's interval: the pass curve is not as it
    is assumed to be."""


def capacity_of(record: SearchRecord) -> Capacity:
    """Compute the capacity from all trials that are not void."""
    outcomes = outcomes_of(record.trials)
    tallies = tallied(outcomes)
    curve = fitted(tallies)
    rates = tuple(Confirmed(rate, tallies[rate], curve[rate]) for rate in sorted(tallies))
    known = posterior(span_of(record.plan), outcomes)
    guard = Safeguard(*bounds(tallies))
    kind, low, high = _kind(record, known)
    estimate = known.quantile(0.5) if kind == "found" else None
    disagrees = estimate is not None and not _holds(guard, estimate)
    return Capacity(kind, estimate, low, high, rates, guard, disagrees)


def _kind(record: SearchRecord, known: Posterior) -> tuple[Kind, float | None, float | None]:
    """Tell how much is known, and both ends of it."""
    bracket, plan = record.bracket, record.plan
    if not known.outcomes:
        return "unknown", None, None
    highest = ceiling_per_s(bracket, plan)
    if is_above(known, highest, _SURE):
        return "above", highest, None
    if is_below(known, plan.lowest_per_s, _SURE):
        return "below", None, plan.lowest_per_s
    low, high = ends(known)
    out_of_reach = bracket.limit_per_s or plan.highest_per_s
    if is_confirmed(known) and plan.lowest_per_s <= low and high <= out_of_reach:
        return "found", low, high
    kept, missed = bracket.kept_per_s, bracket.missed_per_s
    if kept is not None and missed is not None:
        return "bracket", min(kept, missed), max(kept, missed)
    return "bracket", kept, missed


def outcomes_of(trials: Sequence[CapacityTrial]) -> tuple[Outcome, ...]:
    """List what says something of the server, in the order of the trials."""
    return tuple(
        Outcome(trial.ask.rate_per_s, trial.verdict == "kept")
        for trial in trials
        if trial.verdict != "void"
    )


def _holds(guard: Safeguard, rate_per_s: float) -> bool:
    low, high = guard.low_per_s or 0.0, guard.high_per_s or math.inf
    return low <= rate_per_s <= high


Held = Literal["yes", "no", "cannot tell"]


def holds(capacity: Capacity, rate_per_s: float) -> Held:
    """Whether the capacity is at least the rate, as far as the interval tells."""
    if capacity.kind in {"bracket", "unknown"}:
        return "cannot tell"
    if capacity.low_per_s is not None and capacity.low_per_s >= rate_per_s:
        return "yes"
    if capacity.high_per_s is not None and capacity.high_per_s < rate_per_s:
        return "no"
    return "cannot tell"
