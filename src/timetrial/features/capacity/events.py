"""Events of a search for a capacity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from timetrial.features.capacity.search import Bracket
from timetrial.features.capacity.trial import CapacityTrial, PlannedTrial


@dataclass(frozen=True, slots=True)
class Starting:
    """The server is started afresh, where that is possible, and warmed up."""

    block: int


@dataclass(frozen=True, slots=True)
class TrialBegins:
    ask: PlannedTrial
    bracket: Bracket
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
    bracket: Bracket
    left_s: float


CapacityEvent = Starting | TrialBegins | TrialProceeds | Recovering | TrialEnds
CapacityObserver = Callable[[CapacityEvent], None]
