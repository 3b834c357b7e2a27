"""What is compared in one metric, and by which procedure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from timetrial.analysis.statistics.design import ONE_LOOK, Design
from timetrial.analysis.statistics.mean_inference import CONFIDENCE
from timetrial.analysis.statistics.pairs import (
    Pair,
    ResponseTimes,
    Rounds,
    pairs_in,
    sharing_pairs_in,
)
from timetrial.analysis.statistics.probe_readings import speeds_of
from timetrial.analysis.statistics.shared_variance import FEWEST_STACKS, Figures
from timetrial.analysis.statistics.speed_covariate import Adjusted
from timetrial.model import (
    METRICS,
    ComparedMetric,
    CovariateRefusal,
    PairedMetric,
    SpeedAdjustment,
)

LEVEL = 1 - CONFIDENCE
LEVEL_AFTER_RACING = 0.045
"""Where stacks left before the end: the rest is for the looks at which they left."""
ALL_ROUNDS = 1_000_000
"""More rounds than any run has."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """The rules of decision: the design's looks, the rounds done, and the number of families."""

    design: Design = ONE_LOOK
    rounds_done: int = ALL_ROUNDS
    """Determines the reached looks of the design."""
    families: int = 1
    """Families with simultaneous intervals, this one among them."""
    dropped: frozenset[str] = frozenset()
    """Stacks that left a race before its end, because they were clearly behind."""

    @property
    def level(self) -> float:
        return (LEVEL_AFTER_RACING if self.dropped else LEVEL) / self.families


PLAIN = Procedure()
"""One look, at the end."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What is compared in one metric."""

    metric: ComparedMetric
    rounds: Mapping[str, Rounds]
    """By stack; others than those compared may be among them."""
    resolutions: Mapping[str, float] = field(default_factory=dict)
    """Relative errors of a stack's figures that are equal in every round."""
    times: Mapping[str, ResponseTimes] | None = None
    """Decoded response times, for quantiles."""
    _known: dict[object, Callable[[str, str], Pair]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def pairs(self, stacks: Sequence[str], procedure: Procedure) -> Callable[[str, str], Pair]:
        """Return the function from two stacks' names to their pair; each pair is made once."""
        key = (*stacks, procedure.design.shares_variance, procedure.dropped)
        if key not in self._known:
            self._known[key] = cache(self._pairs(stacks, procedure))
        return self._known[key]

    def _pairs(self, stacks: Sequence[str], procedure: Procedure) -> Callable[[str, str], Pair]:
        rounds = {name: self.rounds[name] for name in stacks}
        speeds = self.speeds(stacks, procedure)
        by = None if isinstance(speeds, str) else speeds
        shared = shared_metric(self.metric, stacks, procedure)
        if shared is not None:
            return sharing_pairs_in(shared, rounds, self.resolutions, by, procedure.dropped)
        return pairs_in(self.metric, rounds, self.resolutions, self.times, by)

    def speeds(
        self, stacks: Sequence[str], procedure: Procedure
    ) -> Figures | CovariateRefusal | None:
        """Return the machine's speed in the rounds of these stacks, if it may adjust figures."""
        # Intervals for all moments, and quantiles, are not those that the adjustment was tested by.
        if not procedure.design.shares_variance:
            return None
        if self.metric == "p50_ns" or self.metric == "p99_ns":  # noqa: PLR1714 - as below
            return None
        return speeds_of(self.metric, {name: self.rounds[name] for name in stacks})


def best_of(
    measured: Measured, stacks: Sequence[str], rivals: Sequence[str], procedure: Procedure
) -> str | None:
    """Return the rival that no other one seems better than; None without rivals.

    They are among `stacks`, which share their variances.
    """
    pair_of, direction = measured.pairs(stacks, procedure), METRICS[measured.metric].direction
    best: str | None = None
    for name in rivals:
        evidence = pair_of(best, name).until(ALL_ROUNDS) if best is not None else None
        if best is None or (evidence is not None and direction * evidence.mean > 0):
            best = name
    return best


def speed_adjustment(
    measured: Measured, stacks: Sequence[str], procedure: Procedure = PLAIN
) -> SpeedAdjustment | None:
    """Say whether the machine's speed adjusted the comparisons; None where nobody read it."""
    metric, speeds = measured.metric, measured.speeds(stacks, procedure)
    if metric == "p50_ns" or metric == "p99_ns" or len(stacks) < 2:  # noqa: PLR1714, PLR2004 - the type narrows by it; a comparison has two
        return None
    if speeds is None or isinstance(speeds, str):
        return None if speeds is None else SpeedAdjustment(metric, speeds)
    by = measured.pairs(stacks, procedure)(stacks[0], stacks[1]).adjusted(ALL_ROUNDS)
    if isinstance(by, Adjusted):
        return SpeedAdjustment(metric, None, by.slope, by.variance_left)
    return None if by is None else SpeedAdjustment(metric, by)


def shared_metric(
    metric: ComparedMetric, stacks: Sequence[str], procedure: Procedure
) -> PairedMetric | None:
    """Return the metric if its stacks share their variances."""
    if metric == "p50_ns" or metric == "p99_ns":  # noqa: PLR1714 - the type narrows by it
        return None
    enough = len(stacks) >= FEWEST_STACKS and procedure.design.shares_variance
    return metric if enough else None
