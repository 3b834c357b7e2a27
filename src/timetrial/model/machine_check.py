"""Whether a machine is fit to be measured on, before anything is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fit = Literal["ok", "doubtful", "unfit"]


@dataclass(frozen=True, slots=True)
class MachineCheck:
    """One thing about the machine, and what it means for figures taken there."""

    name: str
    """As 'foreign CPU'."""
    judged: Fit
    said: str
    """What was seen, as a clause: '12 % of a core went to other processes'."""
    remedy: str = ""
    """What to do about it, as an imperative clause; '' where nothing need be done."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What the load engine gets from a server that answers at once, under a closed load."""

    connections: int
    pipeline: int
    per_s: float
    """Responses a second."""


@dataclass(frozen=True, slots=True)
class MachineChecks:
    """What was seen of the machine when a run began."""

    checks: tuple[MachineCheck, ...]
    ceilings: tuple[Ceiling, ...] = ()

    @property
    def doubts(self) -> tuple[MachineCheck, ...]:
        return tuple(check for check in self.checks if check.judged != "ok")

    def ceiling_per_s(self, connections: int, pipeline: int) -> float | None:
        """Look up the ceiling of a closed load; None where it was not measured."""
        found = (c for c in self.ceilings if (c.connections, c.pipeline) == (connections, pipeline))
        return next((ceiling.per_s for ceiling in found), None)
