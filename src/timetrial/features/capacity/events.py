"""Events of a search for a capacity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from timetrial.features.capacity.search import Interval
from timetrial.features.capacity.trial import CapacityTrial, PlannedTrial


@dataclass(frozen=True, slots=True)
class Starting:
    """The server is started afresh, where that is possible, and warmed up."""

    block: int


@dataclass(frozen=True, slots=True)
class Expected:
    """The budget is short for a capacity as low as this one seems to be."""

    rate_per_s: float
    trial_s: float
    """What a trial takes, its start included."""
    needed_s: float
    """To find the capacity to about 10 %."""
    left_s: float
    """Of the budget."""


@dataclass(frozen=True, slots=True)
class TrialBegins:
    ask: PlannedTrial
    interval: Interval | None
    """Where the capacity lies so far."""
    left_s: float
    """Of the budget."""


@dataclass(frozen=True, slots=True)
class TrialProceeds:
    ask: PlannedTrial
    passed_s: float
    """Since the trial began."""
    left_s: float


@dataclass(frozen=True, slots=True)
class Recovering:
    """The trial has ended, and the server does not answer in time yet."""

    ask: PlannedTrial
    passed_s: float
    left_s: float


@dataclass(frozen=True, slots=True)
class TrialEnds:
    trial: CapacityTrial
    interval: Interval | None
    """Where the capacity lies so far."""
    left_s: float


CapacityEvent = Starting | Expected | TrialBegins | TrialProceeds | Recovering | TrialEnds
CapacityObserver = Callable[[CapacityEvent], None]
