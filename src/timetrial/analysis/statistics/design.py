"""When a run looks at its results, and what each look may decide on."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Protocol

from timetrial.analysis.statistics import alpha_spending, confidence_sequence
from timetrial.analysis.statistics.mean_inference import Evidence

LOOKS = (12, 18, 24, 32)
"""After so many rounds, where rounds go on only as long as they decide something."""


class Design(Protocol):
    """Decides at which rounds results may be judged, and what counts as proof there."""

    @property
    def judges_underway(self) -> bool:
        """Whether results are judged before the last planned round is done."""

    def looks_until(self, rounds: int) -> tuple[int, ...]:
        """List the looks to be heard after so many rounds, as numbers of rounds."""

    def p(self, evidence: Evidence, look: int) -> float:
        """Return the p-value of 'the true mean is zero' as of a look (from 0), for all looks."""

    def half_width(self, evidence: Evidence, level: float, look: int) -> float | None:
        """Return that of an interval which holds at all looks together but for `level`."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Rising numbers of rounds after which results are looked at; none: once, at the end.

    The level that all looks share is spent as `spending` says.
    """

    looks: tuple[int, ...] = ()

    @property
    def fractions(self) -> tuple[float, ...]:
        return tuple(look / self.looks[-1] for look in self.looks) or (1.0,)

    def looks_until(self, rounds: int) -> tuple[int, ...]:
        """List the looks that so many rounds have reached, as numbers of rounds."""
        return self.looks[: bisect_right(self.looks, rounds)] if self.looks else (rounds,)

    @property
    def judges_underway(self) -> bool:
        return bool(self.looks)

    def p(self, evidence: Evidence, look: int) -> float:
        """Return the least total level that rejects at a look (from 0)."""
        return alpha_spending.repeated_p(evidence.p, look, self.fractions)

    def half_width(self, evidence: Evidence, level: float, look: int) -> float | None:
        return evidence.half_width(self.confidence(level, look))

    def confidence(self, level: float, look: int) -> float:
        """Return the confidence at which an interval of that look is a repeated interval.

        The intervals of all looks then hold together with a confidence of 1 - `level`.
        """
        return 1 - alpha_spending.levels(level, self.fractions)[look]


@dataclass(frozen=True, slots=True)
class AnyTime:
    """Results may be judged after every round, and the run may go on for ever."""

    @property
    def judges_underway(self) -> bool:
        return True

    def looks_until(self, rounds: int) -> tuple[int, ...]:
        """Name the present: what it says holds whatever was looked at before."""
        return (rounds,) if rounds >= confidence_sequence.FIRST else ()

    def p(self, evidence: Evidence, look: int) -> float:  # noqa: ARG002 - all looks are alike
        return evidence.p_by(confidence_sequence.p)

    def half_width(
        self,
        evidence: Evidence,
        level: float,
        look: int,  # noqa: ARG002 - all looks are alike
    ) -> float | None:
        width = evidence.half_width_by(confidence_sequence.half_width(evidence.rounds, level))
        return None if width is None or math.isinf(width) else width


ONE_LOOK = Looks()
SEVERAL_LOOKS = Looks(LOOKS)
