"""How often the interval of a capacity covers the truth: whole searches, simulated.

    python benchmarks/capacity_coverage.py [REPETITIONS]

Servers are scripted: a trial keeps its objective by a chance that falls with the rate and is one
half at the capacity. `width` is how far it takes to fall (the scale of the logistic, on log rates),
`starts` by how much fresh starts of the server differ (standard deviation of the log). The interval
is to cover the truth in 95 % of the searches or more.
"""

from __future__ import annotations

import math
import statistics
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "features" / "capacity"))

from scripted_servers import PLAN, logistic, searched, seeded

WIDTHS = (0.002, 0.01, 0.02, 0.05)
STARTS = (0.0, 0.02)
BUDGET_S = 900.0


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print("width  starts  covered          found  half-width  error of estimate  trials")
    for starts in STARTS:
        for width in WIDTHS:
            print(line(width, starts, repetitions), flush=True)


def line(width: float, starts: float, repetitions: int) -> str:
    covered = found = 0
    halves, errors, trials = [], [], []
    for seed in range(repetitions):
        truth = 1000 * 4 ** seeded(f"truth {seed}").random()
        server = logistic(truth, width, seeded(f"server {seed}"), starts)
        plan = replace(PLAN, seed=seed % 5, budget_s=BUDGET_S)
        search = searched(server, plan)
        capacity = search.capacity
        low, high = capacity.low_per_s or 0.0, capacity.high_per_s or math.inf
        covered += low <= truth <= high
        trials.append(len(search.asked))
        if capacity.kind == "found" and capacity.estimate_per_s is not None:
            found += 1
            halves.append(math.log(high / low) / 2)
            errors.append(abs(math.log(capacity.estimate_per_s / truth)))
    share = covered / repetitions
    error = 1.96 * math.sqrt(share * (1 - share) / repetitions)
    return (
        f"{width:5.3f}  {starts:6.3f}  {share:6.1%} ± {error:5.1%}  {found / repetitions:6.1%}"
        f"  {statistics.median(halves):10.1%}  {statistics.median(errors):17.1%}"
        f"  {statistics.mean(trials):6.1f}"
    )


if __name__ == "__main__":
    main()
