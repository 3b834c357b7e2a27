"""Many whole tables of stacks at once: the verdicts of the shipped code, by arrays.

Ten thousand tables take seconds. `families.py` puts samples of them to the shipped code, whose
verdicts have to be the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from noises import Values
from timetrial.analysis.statistics.design import LOOKS, ONE_LOOK, SEVERAL_LOOKS, Design
from timetrial.analysis.statistics.families import AllPairs, Family, WithBest
from timetrial.analysis.statistics.mean_inference import Evidence
from timetrial.analysis.statistics.measured import LEVEL
from timetrial.analysis.statistics.shared_variance import PRIOR

_PER_OCTAVE = 128
"""Places between which critical values are interpolated: to 3e-5 of them."""
_FEWEST_DEGREES, _MOST_DEGREES = 2.9, 1_024.0
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes an interval so wide: the family, the design, its look (from 0) and the level."""

    family: Family
    design: Design = ONE_LOOK
    look: int = 0
    level: float = LEVEL

    def critical(self, degrees: Values, rounds: int) -> Values:
        """Return half-widths in standard errors, as the shipped code says them."""
        places, values = _curve(self, rounds)
        return np.interp(np.log2(degrees), places, values)


@lru_cache(maxsize=4_096)
def _curve(rule: Rule, rounds: int) -> tuple[Values, Values]:
    low, high = math.log2(_FEWEST_DEGREES), math.log2(_MOST_DEGREES)
    places = np.linspace(low, high, round((high - low) * _PER_OCTAVE))
    each = [Evidence(0.0, 1.0, rounds, degrees_of_freedom=float(2**place)) for place in places]
    design, family = rule.design, rule.family
    return places, np.array([design.errors(of, family, rule.level, rule.look) for of in each])


@dataclass(frozen=True, slots=True)
class Differences:
    """Of every two stacks; axes are the table, the one and the other."""

    lead: Values
    """How far the one is above the other."""
    error: Values
    degrees: Values
    rounds: int

    @property
    def t(self) -> Values:
        """Return leads in standard errors; that of a stack over itself is 0."""
        return self.lead / self.error

    def beyond(self, rule: Rule) -> Values:
        """Return +1 where an interval lies above no difference, -1 below, and 0 elsewhere."""
        beyond = np.abs(self.t) > rule.critical(self.degrees, self.rounds)
        return np.where(beyond, np.sign(self.lead), 0.0)


def differences(values: Values) -> Differences:
    """Return those of tables with axes table, stack and round, as `shared_variance` does."""
    _, stacks, rounds = values.shape
    means = values.mean(axis=2)
    residuals = values - means[:, :, None] - values.mean(axis=1, keepdims=True)
    residuals += values.mean(axis=(1, 2))[:, None, None]
    own = (residuals**2).sum(axis=2) / (rounds - 1)
    drawn = (PRIOR * own.mean(axis=1, keepdims=True) + (rounds - 1) * own) / (rounds - 1 + PRIOR)
    total = drawn.sum(axis=1, keepdims=True)
    variance = stacks / (stacks - 2) * (drawn - total / (stacks * (stacks - 1)))
    variance = np.maximum(variance, 0.05 * total / (stacks - 1))
    most = float((stacks - 1) * (rounds - 1))
    both = variance[:, :, None] + variance[:, None, :]
    squares = variance**2 / min(rounds - 1 + PRIOR, most)
    spread = squares[:, :, None] + squares[:, None, :]
    lead = means[:, :, None] - means[:, None, :]
    return Differences(lead, np.sqrt(both / rounds), np.minimum(both**2 / spread, most), rounds)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What is said of tables; the first axis is the table, the second, if any, the stack."""

    pair_differs: Flags
    """Any pair differs, as it is printed: by all pairs, or of one that is the best alone."""
    short: Flags
    """The stack is behind the best."""
    behind: Flags
    """The stack is behind all that may be the best, as it is printed; then it is not among them."""
    alone: Flags
    """The stack is the best alone."""

    def __or__(self, later: Verdicts) -> Verdicts:
        """Return what was said at either of two looks."""
        return Verdicts(
            self.pair_differs | later.pair_differs,
            self.short | later.short,
            self.behind | later.behind,
            self.alone | later.alone,
        )


def verdicts(of_pairs: Values, of_best: Values, means: Values) -> Verdicts:
    """Turn what lies beyond no difference, by both families, into verdicts."""
    tables, stacks = means.shape
    best = means.argmax(axis=1)
    short = of_best[np.arange(tables), best] != 0
    is_alone = short.sum(axis=1) == stacks - 1
    # Each of those that may be the best, the best itself among them, has to be ahead.
    behind = ((of_best > 0) | short[:, :, None]).all(axis=1)
    return Verdicts(
        of_pairs.any(axis=(1, 2)) | is_alone,
        short,
        behind,
        is_alone[:, None] & (np.arange(stacks) == best[:, None]),
    )


def judged(values: Values) -> Verdicts:
    """Judge tables whose number of rounds was fixed beforehand."""
    found, stacks = differences(values), values.shape[1]
    of_pairs, of_best = (found.beyond(Rule(each(stacks))) for each in (AllPairs, WithBest))
    return verdicts(of_pairs, of_best, values.mean(axis=2))


def judged_at_looks(values: Values) -> Verdicts:
    """Judge tables at each look; what an earlier look decided is still decided later on."""
    stacks = values.shape[1]
    said: Verdicts | None = None
    of_pairs = of_best = np.zeros(())
    for look, rounds in enumerate(LOOKS):
        until = values[:, :, :rounds]
        found = differences(until)
        now = [
            found.beyond(Rule(each(stacks), SEVERAL_LOOKS, look)) for each in (AllPairs, WithBest)
        ]
        of_pairs, of_best = (
            np.where(new, new, old) for new, old in zip(now, (of_pairs, of_best), strict=True)
        )
        at_look = verdicts(of_pairs, of_best, until.mean(axis=2))
        said = at_look if said is None else said | at_look
    assert said is not None  # noqa: S101 - there are looks
    return said
