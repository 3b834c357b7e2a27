"""Records what is usually done instead: a fresh server, one run of 15 s, then the next server.

All runs are of one server, so that whatever two of them differ by is no difference of servers.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from taking import CONNECTIONS, arguments, benchmark, bounds, from_catalog, placement, suite
from timetrial.catalog.loader import load_catalog
from timetrial.drivers.driver import LoadSpec
from timetrial.drivers.native import NativeDriver
from timetrial.machine.cpu_affinity import confined_to
from timetrial.model.suite import Benchmark, Stack
from timetrial.runner.driver_inputs import session_config, target
from timetrial.runner.starter import Starter

FILE = "naive.json"
LENGTH_S = 15.0
QUICK_LENGTH_S = 3.0
WARM_UP_S = 1.0
RUNS = 16
MINUTES = 4.4
_BINS_PER_S = 10


@dataclass(frozen=True, slots=True)
class LongRun:
    """Completions of each whole second."""

    per_second: tuple[int, ...]


def main() -> int:
    parser = arguments("Record long runs of equal servers.", rounds=RUNS, minutes=MINUTES)
    parser.add_argument("--server", default="uvicorn", help="of the catalog  [%(default)s]")
    given = parser.parse_args()
    within = bounds(given)
    length_s = QUICK_LENGTH_S if given.quick else LENGTH_S
    app, server = load_catalog().app("raw"), load_catalog().server(given.server)
    stack = Stack("a", server.name, app.name, server.interface, 1, 1)
    held = benchmark("long", ("a",), app.workloads["hello"], "alternate")
    wanted = suite("naive", [stack], [held], 1)
    runs: list[LongRun] = []
    where = placement()
    with TemporaryDirectory() as name, confined_to(where.generator_cpus):
        start = from_catalog(wanted)(Path(name))
        began_s = time.monotonic()
        while len(runs) < within.rounds:
            if runs and (time.monotonic() - began_s) / len(runs) > within.left_s:
                break
            left = f", {within.left_s / 60:.1f} min left at most"
            sys.stderr.write(f"naive: run {len(runs) + 1} of at most {within.rounds}{left}\n")
            runs.append(one_run(start, stack, held, length_s))
    write(runs, within.data / FILE)
    print(f"{len(runs)} runs are in {within.data / FILE}")
    return 0


def one_run(start: Starter, stack: Stack, held: Benchmark, length_s: float) -> LongRun:
    running = start(stack, 1)
    try:
        shape = session_config(held, placement().generator_cpus)
        with NativeDriver().open([target(running, stack, held)], shape) as session:
            result = session.run_load(LoadSpec(0, length_s, lead_in_s=WARM_UP_S))
    finally:
        running.stop()
    bins = [each.completions for each in result.series][round(WARM_UP_S * _BINS_PER_S) :]
    whole = range(0, _BINS_PER_S * int(length_s), _BINS_PER_S)
    return LongRun(tuple(sum(bins[at : at + _BINS_PER_S]) for at in whole))


def write(runs: Sequence[LongRun], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    conditions = {
        "taken": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
        "connections": CONNECTIONS,
        "load_after": round(os.getloadavg()[0], 2),
    }
    rows = [list(run.per_second) for run in runs]
    file.write_text(json.dumps({"conditions": conditions, "runs": rows}) + "\n", "utf-8")


def described(file: Path) -> str:
    """Say when they were taken, and how busy the machine was."""
    found = json.loads(file.read_text("utf-8"))
    said = found["conditions"]
    return (
        f"`{FILE}`: {len(found['runs'])} runs, {said['taken']} UTC, "
        f"load average after {said['load_after']}."
    )


def read(file: Path) -> list[LongRun]:
    return [LongRun(tuple(row)) for row in json.loads(file.read_text("utf-8"))["runs"]]


if __name__ == "__main__":
    sys.exit(main())
