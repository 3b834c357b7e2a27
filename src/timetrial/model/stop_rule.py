"""Rules that may end a run before all of its rounds are done, and the decision to end it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.model.units import exact_minutes


@dataclass(frozen=True, slots=True)
class Precision:
    """Rounds continue in a benchmark until its pairs are decided or precise enough."""

    half_width: float
    """Of a ratio's interval, as a share: 0.03 for 3 %."""
    kind: Literal["precision"] = "precision"

    def __str__(self) -> str:
        return f"±{100 * self.half_width:g} %"


@dataclass(frozen=True, slots=True)
class Budget:
    """As many rounds as fit into a time, whatever their results."""

    seconds: float
    at_least_rounds: int = 1
    """Rounds that are measured even if they do not fit, as far as `at_most_s` allows."""
    before_s: float = 0.0
    """What of it was expected to have passed before the first round, when that was planned."""
    round_s: float = 0.0
    """Length of a round that was expected from starts and windows before the first; 0: unknown."""
    at_most_s: float = 0.0
    """Time in which the rounds that do not fit have to end; 0: as long as they take."""
    kind: Literal["budget"] = "budget"

    def __str__(self) -> str:
        return exact_minutes(self.seconds)


@dataclass(frozen=True, slots=True)
class Watch:
    """Rounds continue until the user ends the run; intervals are valid at every moment."""

    kind: Literal["watch"] = "watch"


_WITH_RESERVE = 3


@dataclass(frozen=True, slots=True)
class SoundRounds:
    """So many rounds in which the machine was not disturbed; the plan has some in reserve."""

    rounds: int
    kind: Literal["sound-rounds"] = "sound-rounds"

    @property
    def most(self) -> int:
        """Return the number of rounds with those in reserve; fewer than three have none.

        They give no verdict, however sound they are.
        """
        return self.rounds + self.rounds // 2 if self.rounds >= _WITH_RESERVE else self.rounds


StopRule = SoundRounds | Precision | Budget | Watch


@dataclass(frozen=True, slots=True)
class StopDecision:
    """No round of a benchmark is due after this one."""

    benchmark: str
    after_round: int
    reason: str
    """One sentence."""
