"""Records rounds of servers whose CPU time per request differs by a share that is known.

How far each has to count for that is found in place; what the shares really were comes from the
servers' own clocks, over all requests of all rounds.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from spinning import BASE_SPIN, Accounts, calibrated
from taking import arguments, benchmark, bounds, keep, suite, take
from timetrial.model.suite import Mode, Stack
from timetrial.model.workload import Workload
from timetrial.runner.starter import Starter

SHARES = (0.01, 0.02, 0.03, 0.05, 0.10)
BASE = "base"
FILE = "known.json"
ROUNDS = 40
MINUTES = 9.0


def name_of(share: float) -> str:
    return f"+{100 * share:g}%"


def main() -> int:
    parser = arguments("Record rounds of known differences.", rounds=ROUNDS, minutes=MINUTES)
    given = parser.parse_args()
    within = bounds(given)
    sys.stderr.write("known: how much counting costs here\n")
    found = calibrated(SHARES, turns=2) if given.quick else calibrated(SHARES)
    spins = {BASE: BASE_SPIN, **{name_of(share): spin for share, spin in found.items()}}
    hello = Workload.of("hello", {"program": "/"})
    stacks = [Stack(name, "spin", "spin", "program", 1, 1) for name in spins]
    modes: dict[str, Mode] = {"two": "alternate", "duet": "duet"}
    benchmarks = [
        benchmark(f"{kind}{name}", (BASE, name), hello, mode)
        for name in list(spins)[1:]
        for kind, mode in modes.items()
    ]
    accounts = Accounts()

    def start(folder: Path) -> Starter:
        return accounts.starter(spins, folder)

    recording = take(suite("known", stacks, benchmarks, within.rounds), start, within)
    conditions = {**recording.conditions, "spins": spins, "costs": accounts.as_lists()}
    keep(dataclasses.replace(recording, conditions=conditions), within.data / FILE)
    return 0 if recording.rounds else 1


if __name__ == "__main__":
    sys.exit(main())
