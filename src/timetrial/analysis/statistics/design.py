"""Sequential designs: when a run looks at its results, and at which level each look decides."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Protocol

from timetrial.analysis.statistics import alpha_spending, confidence_sequence
from timetrial.analysis.statistics.families import Family
from timetrial.analysis.statistics.mean_inference import Evidence
from timetrial.model import Precision, Suite, Watch

LOOKS = (12, 18, 24, 32)
"""Numbers of rounds of the looks, where a look may end the run."""


class Design(Protocol):
    """Decides at which rounds results may be judged, and at which levels."""

    @property
    def judges_underway(self) -> bool:
        """Return whether results are judged before the last planned round."""

    def looks_until(self, rounds: int) -> tuple[int, ...]:
        """List the reached looks after so many rounds, as numbers of rounds."""

    @property
    def shares_variance(self) -> bool:
        """Return whether its levels hold for variances that stacks share."""

    def p(self, evidence: Evidence, family: Family, look: int) -> float:
        """Return the p-value of 'the true mean is zero' at a look (from 0), for all looks."""

    def errors(self, evidence: Evidence, family: Family, level: float, look: int) -> float:
        """Return the half-width, in standard errors, of intervals valid at all looks.

        Those of the whole family are simultaneous with confidence 1 - `level`.
        """


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks after rising numbers of rounds; none: one look, at the end.

    `alpha_spending` divides the level between the looks.
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

    @property
    def shares_variance(self) -> bool:
        return True

    def p(self, evidence: Evidence, family: Family, look: int) -> float:
        """Return the smallest total level that rejects at a look (from 0)."""
        return alpha_spending.repeated_p(evidence.p(family.p), look, self.fractions)

    def errors(self, evidence: Evidence, family: Family, level: float, look: int) -> float:
        at_look = alpha_spending.levels(level, self.fractions)[look] if self.looks else level
        return family.errors(at_look, evidence)

    def confidence(self, level: float, look: int) -> float:
        """Return the confidence at which an interval of that look is a repeated interval.

        The intervals of all looks are then simultaneous with a confidence of 1 - `level`.
        """
        return 1 - alpha_spending.levels(level, self.fractions)[look]


@dataclass(frozen=True, slots=True)
class AnyTime:
    """Results may be judged after every round of a run without a planned end."""

    @property
    def judges_underway(self) -> bool:
        return True

    def looks_until(self, rounds: int) -> tuple[int, ...]:
        """List the current round: its results are valid whatever the earlier looks."""
        return (rounds,) if rounds >= confidence_sequence.FIRST else ()

    @property
    def shares_variance(self) -> bool:
        """Return False: what holds at every moment is the sequence of one pair's own t statistics.

        A variance that is drawn towards that of others has no such sequence.
        """
        return False

    def p(self, evidence: Evidence, family: Family, look: int) -> float:  # noqa: ARG002 - as below
        p = evidence.p(lambda t, of: confidence_sequence.p(t, of.rounds))
        return min(1.0, family.pairs * p)

    def errors(
        self,
        evidence: Evidence,
        family: Family,
        level: float,
        look: int,  # noqa: ARG002 - all looks are alike
    ) -> float:
        return confidence_sequence.half_width(evidence.rounds, level / family.pairs)


ONE_LOOK = Looks()
SEVERAL_LOOKS = Looks(LOOKS)


def design_of(suite: Suite) -> Design:
    """Return the design of a suite: several looks only where a look may end the run."""
    match suite.stop_rule:
        case Precision():
            return SEVERAL_LOOKS
        case Watch():
            return AnyTime()
        case _:
            return ONE_LOOK
