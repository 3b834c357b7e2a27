"""Two runs side by side: differences of their configurations, then of their figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.model.metrics import Metric
from timetrial.model.summary import Estimate, Missing, Verdict
from timetrial.model.trial import Cell

Area = Literal["machine", "timetrial", "suite", "load", "stack"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between two runs."""

    area: Area
    subjects: tuple[str, ...]
    """The benchmarks or stacks concerned; empty for the whole run."""
    what: str
    a: str
    """Value in the first run."""
    b: str
    bars: bool = False
    """Whether it alone makes figures incomparable: another machine, another load."""


@dataclass(frozen=True, slots=True)
class Change:
    """One metric of one cell: the second run over the first.

    The interval is simultaneous with those of all cells in this metric (Bonferroni). Rounds of
    different runs are not paired, so its width includes the noise of both runs.
    """

    metric: Metric
    ratio: Estimate | Missing
    """Its `rounds` are those of the run with fewer."""
    p_adjusted: float | None
    """Of 'the ratio is one', adjusted for all cells in this metric; None without a verdict."""
    verdict: Verdict
    """Of the second run against the first."""


@dataclass(frozen=True, slots=True)
class CellComparison:
    """A stack in a benchmark that both runs have."""

    cell: Cell
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class RunComparison:
    """The whole result of a comparison of two stored runs."""

    a: int
    """Number of the first run, the denominator of every ratio."""
    b: int
    created_at: tuple[str, str]
    """Start of each run: ISO 8601, UTC."""
    differences: tuple[Difference, ...]
    not_recorded: tuple[str, ...]
    """What cannot be compared because a run has not recorded it, a sentence each."""
    cells: tuple[CellComparison, ...]
    only_in_a: tuple[Cell, ...]
    only_in_b: tuple[Cell, ...]
    incomplete: tuple[int, ...] = ()
    """Numbers of those runs that were interrupted."""

    @property
    def barriers(self) -> tuple[Difference, ...]:
        return tuple(difference for difference in self.differences if difference.bars)
