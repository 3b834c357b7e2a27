"""The result of a search: the capacity, or why it is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from timetrial.features.capacity.pass_curve import Tally, crossing, fitted
from timetrial.features.capacity.search import Bracket, SearchPlan
from timetrial.features.capacity.slo import Objective
from timetrial.features.capacity.trial import CapacityTrial
from timetrial.model import Memory, Phase

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
    """The trials at one rate of confirmation."""

    rate_per_s: float
    tally: Tally
    fitted: float
    """The share of trials that keep the objective, 0 to 1, on a curve that never rises."""


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


def capacity_of(record: SearchRecord) -> Capacity:
    """Compute the capacity from the trials of confirmation; without any, take the bracket."""
    tallies = confirmation(record.trials)
    curve = fitted(tallies)
    confirmed = tuple(Confirmed(rate, tallies[rate], curve[rate]) for rate in sorted(tallies))
    crossed = crossing(tallies, record.plan.seed)
    low, high = crossed.low_per_s, crossed.high_per_s
    if low is None and high is None:
        low, high = record.bracket.kept_per_s, record.bracket.missed_per_s
        kind: Kind = "unknown" if low is None and high is None else "bracket"
        return Capacity(kind, None, low, high, confirmed)
    if low is None or high is None:
        return Capacity("below" if low is None else "above", None, low, high, confirmed)
    return Capacity("found", crossed.estimate_per_s, low, high, confirmed)


def confirmation(trials: Sequence[CapacityTrial]) -> Mapping[float, Tally]:
    """Count how trials of confirmation ended, by rate."""
    tallies: dict[float, Tally] = {}
    for trial in trials:
        if trial.ask.phase == "confirm" and trial.verdict != "void":
            rate = trial.ask.rate_per_s
            tallies[rate] = tallies.get(rate, Tally()).plus(trial.verdict)
    return tallies


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
