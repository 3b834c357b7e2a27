"""How good what a tuning search recommends is: whole searches, simulated.

    python benchmarks/tuning_choice.py [REPETITIONS]

Servers are scripted: how many requests a second each setting carries is known, and rounds differ by
`noise` (the standard deviation of the log). What is recommended is to be within three percent of
the best in nine searches of ten or more.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "features" / "tune"))

from scripted_truths import (
    Scripted,
    Truth,
    a_grid,
    flat,
    monotone,
    peaked,
    saturating,
    searched,
)

GOOD = 0.97


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print("truth       noise    good  median  undecided")
    for truth in (saturating, monotone, peaked, flat):
        for noise in (0.005, 0.03):
            print(line(truth, noise, repetitions), flush=True)


def line(truth: Truth, noise: float, repetitions: int) -> str:
    best = max(map(truth, a_grid().candidates))
    choices = [searched(Scripted(truth, seed, noise))[0].choice for seed in range(repetitions)]
    shares = [truth(each.candidate) / best for each in choices if each is not None]
    good = sum(share >= GOOD for share in shares) / repetitions
    undecided = sum(each is None or not each.decided for each in choices) / repetitions
    name = getattr(truth, "__name__", "")
    middle = statistics.median(shares)
    return f"{name:10}  {noise:5.3f}  {good:6.1%}  {middle:6.1%}  {undecided:9.1%}"


if __name__ == "__main__":
    main()
