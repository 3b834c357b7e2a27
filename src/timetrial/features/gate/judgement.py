"""The judgements of a gate: of each figure, and of all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from timetrial.model import GATED, Cell, ComparedMetric, CountedMetric, GatedMetric
from timetrial.model.summary import Estimate, Missing

JudgementKind = Literal["regression", "broken", "within the limit", "cannot tell", "no figure"]
"""'regression': the whole interval lies beyond the limit, on the worse side; 'broken': the new one
has no figure because it fails, and the old one does not; 'within the limit': no part of the
interval lies beyond it; 'cannot tell': it reaches over the limit, or is none that decides; 'no
figure': there is nothing to compare, or findings leave nothing of it."""
GateMode = Literal["side by side", "stored"]
"""Both measured in one run, in turn; or each in a run of its own."""


class UndecidedKind(StrEnum):
    """Why a ratio is not judged, besides an interval that contains the limit."""

    NO_INTERVAL = "no-interval"
    """There are too few rounds for one."""
    TOO_FEW_ROUNDS = "too-few-rounds"
    """For a verdict."""
    PROVISIONAL = "provisional"
    """The run is between two interim analyses."""
    NOT_JUDGED = "not judged"
    """The A/A control differed from itself by more than half as much."""
    BOUND_BY_CLIENT = "bound-by-client"
    """The load is the limit of both figures."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """Why a ratio is not judged by its interval."""

    kind: UndecidedKind
    rounds: int = 0
    """How many there are, where that are too few for a verdict."""


@dataclass(frozen=True, slots=True)
class GateRule:
    """What is judged, and how strictly."""

    metrics: tuple[ComparedMetric, ...] = ("throughput", "p99_ns", "cpu_s_per_1000")
    max_regression: float = 0.05
    """As a share of the old figure: 0.05 lets throughput fall to 0.95, and a time rise to 1.05."""
    strict: bool = False
    """Whether only figures within the limit pass."""
    counts: tuple[CountedMetric, ...] = ()
    """What is judged of requests that are counted one at a time; nothing else is then."""

    @property
    def judged(self) -> tuple[GatedMetric, ...]:
        return (*self.metrics, *self.counts)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One metric of one stack in one benchmark: the new one over the old."""

    cell: Cell
    """The new one's."""
    metric: GatedMetric
    call: JudgementKind
    ratio: Estimate | Missing
    """Its interval holds together with those of all that is judged."""
    undecided: Undecided | None = None
    """Where the interval alone does not explain it; for 'no figure' the reason is in `ratio`."""

    @property
    def improved(self) -> bool:
        """Whether the whole interval lies on the better side of 'the same'."""
        if isinstance(self.ratio, Missing) or self.ratio.low is None or self.ratio.high is None:
            return False
        if GATED[self.metric].higher_is_better:
            return self.call == "within the limit" and self.ratio.low > 1
        return self.call == "within the limit" and self.ratio.high < 1


@dataclass(frozen=True, slots=True)
class Gate:
    """The result of a gate."""

    way: GateMode
    old: str
    """What the baseline is, for people: 'run 3', a file, or a stack."""
    new: str
    terms: GateRule
    judgements: tuple[Judgement, ...]
    remarks: tuple[str, ...] = ()
    """Remarks, a sentence each."""
    incomplete: bool = False
    """Whether something failed in the race, so that nothing passes."""

    @property
    def passed(self) -> bool:
        return not self.failed and not self.incomplete

    @property
    def failed(self) -> bool:
        return any(map(self.fails, self.judgements))

    def fails(self, judgement: Judgement) -> bool:
        """Say whether a judgement alone makes the gate fail."""
        if self.terms.strict:
            return judgement.call != "within the limit"
        return judgement.call in {"regression", "broken"}

    def of(self, *calls: JudgementKind) -> Sequence[Judgement]:
        """List the judgements of these kinds."""
        return [judgement for judgement in self.judgements if judgement.call in calls]
