"""How far a capacity is from the truth, and how often its interval covers it: searches, simulated.

    python benchmarks/capacity_coverage.py [SEARCHES] [LINE …]

Servers are scripted: a trial keeps its objective by a chance that falls with the rate and is one
half at the capacity. `width` is how far it takes to fall (the scale of the logistic, on log rates),
`starts` by how much fresh starts of the server differ (standard deviation of the log; such a start
takes a second then). An objective of p99 takes 1,000 requests a trial. Numbers of lines, from 0 on,
choose some of them. All of it follows from seeds: the same command makes the same table.
"""

from __future__ import annotations

import itertools
import math
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "features" / "capacity"))

from scripted_servers import logistic, searched, seeded

from timetrial.features.capacity.capacity import Capacity
from timetrial.features.capacity.plan import SearchPlan

BUDGETS_S = {30: 480.0, 300: 120.0, 3000: 120.0}
"""By capacity; a trial at 30/s takes 38 s."""
WIDTHS = (0.002, 0.01, 0.02, 0.05)
STARTS = (0.0, 0.02)
START_S = 1.0
SPREAD = 0.3
"""Truths lie within this log ratio of the capacity of a line, so that no place is favoured."""
BIAS, COVERED, HALF = 0.01, 0.93, 0.05
"""What is wanted: at most, at least, and at most where `is_steep`."""
HEADER = (
    "| capacity | width | starts | budget | searches | trials | half-width | bias | covered "
    "| safeguard | hull | doubted | met |\n"
    "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|"
)


@dataclass(frozen=True, slots=True)
class Line:
    """Servers that are alike but for their capacity, which differs by `SPREAD`."""

    capacity_per_s: int
    width: float
    starts: float

    @property
    def budget_s(self) -> float:
        return BUDGETS_S[self.capacity_per_s]

    @property
    def is_steep(self) -> bool:
        """Whether the interval is wanted to be narrow."""
        return self.capacity_per_s == 300 and self.width <= 0.02  # noqa: PLR2004 - what is wanted


@dataclass(frozen=True, slots=True)
class Found:
    """A search beside the truth."""

    truth_per_s: float
    capacity: Capacity
    trials: int

    @property
    def error(self) -> float:
        return math.log((self.capacity.estimate_per_s or self.truth_per_s) / self.truth_per_s)

    @property
    def half_width(self) -> float:
        low, high = self.capacity.low_per_s, self.capacity.high_per_s
        return math.log(high / low) / 2 if low and high else math.inf

    @property
    def is_covered(self) -> bool:
        return self._covers(self.capacity.low_per_s, self.capacity.high_per_s)

    @property
    def is_covered_by_safeguard(self) -> bool:
        guard = self.capacity.safeguard
        return guard is None or self._covers(guard.low_per_s, guard.high_per_s)

    def _covers(self, low: float | None, high: float | None) -> bool:
        return (low or 0.0) <= self.truth_per_s <= (high or math.inf)


LINES = tuple(itertools.starmap(Line, itertools.product(BUDGETS_S, WIDTHS, STARTS)))


def main() -> None:
    searches = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(HEADER, flush=True)
    for number in map(int, sys.argv[2:] or range(len(LINES))):
        print(row(LINES[number], searches), flush=True)


def found(line: Line, seed: int) -> Found:
    """Search once."""
    random = seeded(f"{line} {seed}")
    truth = line.capacity_per_s * math.exp(random.uniform(-SPREAD, SPREAD))
    plan = SearchPlan(
        requests_needed=1000,
        start_per_s=max(200.0, truth * random.uniform(0.15, 0.3)),
        highest_per_s=1e6,
        budget_s=line.budget_s,
        fresh_start_s=START_S if line.starts else 0.0,
    )
    search = searched(logistic(truth, line.width, random, line.starts), plan)
    return Found(truth, search.capacity, len(search.asked))


def row(line: Line, searches: int) -> str:
    each = [found(line, seed) for seed in range(searches)]
    told = [search for search in each if search.capacity.kind == "found"]
    bias = statistics.mean(search.error for search in told)
    off = 1.96 * statistics.stdev(search.error for search in told) / math.sqrt(len(told))
    half = statistics.median(search.half_width for search in each)
    covered = statistics.mean(search.is_covered for search in each)
    guarded = statistics.mean(search.is_covered_by_safeguard for search in each)
    hull = statistics.mean(search.is_covered or search.is_covered_by_safeguard for search in each)
    doubted = statistics.mean(search.capacity.disagrees for search in each)
    met = abs(bias) <= BIAS and covered >= COVERED and (half <= HALF or not line.is_steep)
    return (
        f"| {line.capacity_per_s:,}/s | {line.width} | {line.starts:.0%} | {line.budget_s:g} s "
        f"| {searches:,} | {statistics.mean(search.trials for search in each):.1f} | {half:.1%} "
        f"| {bias:+.2%} ± {off:.2%} | {covered:.1%} | {guarded:.1%} | {hull:.1%} "
        f"| {doubted:.1%} | {'yes' if met else 'no'} |"
    )


if __name__ == "__main__":
    main()
