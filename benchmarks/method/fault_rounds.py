"""Records rounds with a fault that a check is to name, and rounds without.

Each is of one stack, with all that was measured, so that all checks can be put to it. Steps and
drifts from round to round are made of the rounds of `known_difference.py`.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faults import FAULTS, GROWTH, Fault, starter
from foreign import Foreign
from spinning import BASE_SPIN, calibrated
from taking import Bounds, arguments, benchmark, bounds, suite, take_run
from timetrial.model.measurement import Measurement
from timetrial.model.run import Run
from timetrial.model.suite import Stack, WarmUp
from timetrial.runner.starter import Starter
from timetrial.store.payloads import MEASUREMENT, PAYLOAD_VERSION

FILE = "fault-rounds.json"
ROUNDS = 40
MINUTES = 2.9
_BESIDE_A_HOG = 1.3
"""As many times as long does a round take there."""
_WARM_UP = WarmUp(requests=500, at_most_s=0.4, at_least_s=0.2)
_TURNS = 4


@dataclass(frozen=True, slots=True)
class Pools:
    """What the rounds with each fault gave, by its name, and under which conditions."""

    rounds: Mapping[str, Sequence[Measurement]]
    conditions: Mapping[str, Any]


def main() -> int:
    parser = arguments("Record rounds with faults.", rounds=ROUNDS, minutes=MINUTES)
    given = parser.parse_args()
    within = bounds(given)
    sys.stderr.write("checks: how much counting costs here\n")
    more = calibrated((GROWTH,), turns=2 if given.quick else _TURNS)[GROWTH] - BASE_SPIN
    taken: list[Measurement] = []
    conditions: Mapping[str, Any] = {}
    left = sum(map(_weight, FAULTS))
    for foreign, faults in itertools.groupby(FAULTS, lambda fault: fault.foreign):
        own = tuple(faults)
        weight = sum(map(_weight, own))
        share = max(0.0, within.left_s) / 60 * weight / left
        left -= weight
        part = dataclasses.replace(within, minutes=share, began_s=time.monotonic())
        run, said = _rounds(own, more, part, foreign)
        taken += run.measurements
        conditions = conditions or said
    pools = Pools({fault.name: _of(fault.name, taken) for fault in FAULTS}, conditions)
    write(pools, within.data / FILE)
    counts = ", ".join(f"{len(rounds)} {name}" for name, rounds in pools.rounds.items())
    print(f"rounds in {within.data / FILE}: {counts}")
    return 0 if any(pools.rounds.values()) else 1


def _weight(fault: Fault) -> float:
    return _BESIDE_A_HOG if fault.foreign.duty else 1.0


def _rounds(
    faults: Sequence[Fault], more: int, within: Bounds, foreign: Foreign
) -> tuple[Run, Mapping[str, Any]]:
    """Take rounds of stacks that are measured one after the other, each in a benchmark of its
    own.
    """
    by_name = {fault.name: fault for fault in faults}
    stacks = [Stack(name, "spin", "spin", "program", 1, 1) for name in by_name]
    benchmarks = [benchmark(f.name, (f.name,), f.workload, "alternate") for f in faults]
    name = "checks" if not foreign.duty else f"checks beside a hog on the {foreign.on}'s CPU"
    wanted = dataclasses.replace(suite(name, stacks, benchmarks, within.rounds), warm_up=_WARM_UP)

    def start(folder: Path) -> Starter:
        return starter(by_name, more, folder)

    return take_run(wanted, start, within, foreign=foreign)


def _of(name: str, taken: Iterable[Measurement]) -> list[Measurement]:
    return [each for each in taken if each.trial.cell.stack == name]


def write(pools: Pools, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    rounds = ",\n".join(_written(name, own) for name, own in pools.rounds.items())
    head = json.dumps({**pools.conditions, "format": PAYLOAD_VERSION})
    file.write_text(f'{{"conditions": {head},\n"rounds": {{\n{rounds}\n}}}}\n', "utf-8")


def _written(name: str, own: Sequence[Measurement]) -> str:
    lines = ",\n".join(map(MEASUREMENT.write, own))
    return f"{json.dumps(name)}: [\n{lines}\n]"


def read(file: Path) -> Pools:
    """Raise OSError for a file that is not there, ValueError or KeyError for any other file."""
    text = json.loads(file.read_text("utf-8"))
    conditions = text["conditions"]
    return Pools(
        {
            name: [MEASUREMENT.read(json.dumps(each), conditions["format"]) for each in own]
            for name, own in text["rounds"].items()
        },
        conditions,
    )


if __name__ == "__main__":
    sys.exit(main())
