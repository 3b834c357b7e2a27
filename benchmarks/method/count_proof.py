"""How often a gate by counts is wrong, by recorded starts (`count_starts.py`) drawn into two sides.

Equal sides show false alarms. Where the new side is to cost more, its figures are multiplied.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median, stdev

from scipy.stats import beta

from count_starts import DATA
from timetrial.features.counting.figure import Figure
from timetrial.features.counting.gate import MAX_REGRESSION
from timetrial.features.counting.judge import is_decided, judgements_of
from timetrial.features.counting.sides import LOOKS, Sides
from timetrial.features.gate.judgement import GateRule, Judgement

COMPARISONS = 400
CHANGES = (0.0, 0.002, 0.003, 0.005, 0.01)
LABEL = "GET /"


def main() -> int:
    parser = argparse.ArgumentParser(description="Judge recorded starts against each other.")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for file in sorted(given.data.glob("counted-*.json")):
        starts = json.loads(file.read_text("utf-8"))["starts"]
        _tell(file.stem, starts, random.Random(given.seed))  # noqa: S311 - has to be repeatable
    return 0


def _tell(name: str, starts: dict[str, list[dict[str, float]]], randomness: random.Random) -> None:
    figures = {server: [each["instructions"] for each in of] for server, of in starts.items() if of}
    print(f"\n{name}: {sum(map(len, figures.values()))} starts of {len(figures)} servers\n")
    print("| server | starts | instructions | SD | system calls | seconds a start |")
    print("|---|---:|---:|---:|---:|---:|")
    for server, of in starts.items():
        if len(of) > 1:
            logs = [math.log(each["instructions"]) for each in of]
            print(
                f"| {server} | {len(of)} | {fmean(figures[server]):,.0f} | "
                f"{100 * stdev(logs):.3f} % | {median(each['system_calls'] for each in of):.1f} | "
                f"{median(each['took_s'] for each in of):.1f} |"
            )
    print("\n| true change | limit | fails | within the limit | cannot tell | starts a side |")
    print("|---:|---:|---:|---:|---:|---:|")
    for limit in (0.0, MAX_REGRESSION):
        for change in CHANGES:
            ends = [_ended(figures, change, limit, randomness) for _ in range(COMPARISONS)]
            calls = [judged.call for judged, _ in ends]
            failed, within = calls.count("regression"), calls.count("within the limit")
            print(
                f"| {100 * change:g} % | {100 * limit:g} % | {_share(failed)} | "
                f"{within / COMPARISONS:.1%} | {calls.count('cannot tell') / COMPARISONS:.1%} | "
                f"{fmean(number for _, number in ends):.1f} |"
            )


def _ended(
    figures: dict[str, list[float]], change: float, limit: float, randomness: random.Random
) -> tuple[Judgement, int]:
    """Draw both sides from the starts of one server, and look at them as a gate does."""
    rule = GateRule((), limit, counts=("instructions",))
    of = figures[randomness.choice(list(figures))]
    old, new = (_drawn(of, factor, randomness) for factor in (1.0, 1.0 + change))
    for look in LOOKS.looks:
        judged = judgements_of(Sides(old[:look], new[:look]), "new", rule)
        if is_decided(judged):
            break
    return judged[0], look


def _drawn(
    of: Sequence[float], factor: float, randomness: random.Random
) -> tuple[dict[str, Figure], ...]:
    drawn = randomness.choices(of, k=LOOKS.looks[-1])
    # Of n starts drawn again and again, the variance is smaller by a factor of 1 - 1/n.
    wider = math.sqrt(len(of) / (len(of) - 1))
    middle = fmean(map(math.log, of))
    return tuple(
        {LABEL: Figure(factor * math.exp(middle + wider * (math.log(each) - middle)), 1.0)}
        for each in drawn
    )


def _share(number: int) -> str:
    low = beta.ppf(0.025, number, COMPARISONS - number + 1) if number else 0.0
    high = beta.ppf(0.975, number + 1, COMPARISONS - number) if number < COMPARISONS else 1.0
    return f"{number / COMPARISONS:.1%} [{100 * low:.1f}, {100 * high:.1f}]"


if __name__ == "__main__":
    sys.exit(main())
