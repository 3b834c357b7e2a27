"""When a run looks at its results, and what each look may decide on."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from timetrial.stats import spending

LOOKS = (12, 18, 24, 32)
"""After so many rounds, where rounds go on only as long as they decide something."""


@dataclass(frozen=True, slots=True)
class Design:
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

    def repeated_p(self, p: float, look: int) -> float:
        """Turn the p-value of a look (from 0) into the least total level that rejects there."""
        return spending.repeated_p(p, look, self.fractions)

    def confidence(self, level: float, look: int) -> float:
        """Return the confidence at which an interval of that look is a repeated interval.

        The intervals of all looks then hold together with a confidence of 1 - `level`.
        """
        return 1 - spending.levels(level, self.fractions)[look]


ONE_LOOK = Design()
SEVERAL_LOOKS = Design(LOOKS)
