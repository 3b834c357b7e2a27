"""Two runs side by side: what differs in how they were taken, then in what they gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.model.metrics import Metric
from timetrial.model.summary import Estimate, Missing, Verdict
from timetrial.model.trial import Cell

Area = Literal["machine", "timetrial", "suite", "load", "stack"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same in both runs."""

    area: Area
    subjects: tuple[str, ...]
    """Benchmarks or stacks that it is about; empty where it is about the whole run."""
    what: str
    a: str
    """As it was in the first run."""
    b: str
    bars: bool = False
    """Whether it alone makes figures incomparable: another machine, another load."""


@dataclass(frozen=True, slots=True)
class Change:
    """One metric of one cell: the second run over the first.

    The interval holds together with those of all cells in this metric (Bonferroni). Rounds of
    different runs are not paired, so it is as wide as both runs' own noise makes it.
    """

    metric: Metric
    ratio: Estimate | Missing
    """Its `rounds` are those of the run that has fewer."""
    p_adjusted: float | None
    """Of 'the ratio is one', by Holm over all cells in this metric; None without a verdict."""
    verdict: Verdict
    """Of the second run against the first."""


@dataclass(frozen=True, slots=True)
class CellComparison:
    """A stack in a benchmark that both runs have."""

    cell: Cell
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Everything that a comparison of two stored runs says."""

    a: int
    """Number of the first run, which stands below the line of every ratio."""
    b: int
    created_at: tuple[str, str]
    """When each was begun: ISO 8601, UTC."""
    differences: tuple[Difference, ...]
    not_recorded: tuple[str, ...]
    """What cannot be compared because a run does not hold it, a sentence each."""
    cells: tuple[CellComparison, ...]
    only_in_a: tuple[Cell, ...]
    only_in_b: tuple[Cell, ...]
    incomplete: tuple[int, ...] = ()
    """Numbers of the runs, of these two, that were interrupted."""

    @property
    def barriers(self) -> tuple[Difference, ...]:
        return tuple(difference for difference in self.differences if difference.bars)
