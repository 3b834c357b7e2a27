"""Records rounds in which all stacks are the same: whatever tells them apart is a false alarm.

One server is started two to four times over in each round, afresh, and put to windows that
alternate between two, windows that alternate between four, and duets of two.
"""

from __future__ import annotations

import dataclasses
import sys

from foreign import Foreign
from taking import arguments, benchmark, bounds, from_catalog, keep, suite, take
from timetrial.catalog.loader import load_catalog
from timetrial.model.suite import Stack

NAMES = ("a", "b", "c", "d")
ROUNDS = 60
MINUTES = 7.2


def main() -> int:
    parser = arguments("Record rounds of equal stacks.", rounds=ROUNDS, minutes=MINUTES)
    parser.add_argument("--server", default="uvicorn", help="of the catalog  [%(default)s]")
    parser.add_argument(
        "--foreign", type=float, default=0.0, metavar="DUTY",
        help="share of a CPU that a foreign process uses  [%(default)s]",
    )  # fmt: skip
    parser.add_argument("--on", choices=("server", "generator"), default="server")
    given = parser.parse_args()
    within = bounds(given)
    app = load_catalog().app("raw")
    server = load_catalog().server(given.server)
    stacks = [Stack(name, server.name, app.name, server.interface, 1, 1) for name in NAMES]
    hello = app.workloads["hello"]
    benchmarks = [
        benchmark("two", NAMES[:2], hello, "alternate"),
        # A round is to take no more than seven seconds.
        dataclasses.replace(benchmark("four", NAMES, hello, "alternate"), windows=2),
        benchmark("duet", NAMES[:2], hello, "duet"),
        benchmark("other-duet", NAMES[2:], hello, "duet"),
    ]
    wanted = suite("alike", stacks, benchmarks, within.rounds)
    recording = take(wanted, from_catalog(wanted), within, foreign=Foreign(given.foreign, given.on))
    name = "alike-foreign" if given.foreign else "alike-quiet"
    keep(recording, within.data / f"{name}.json")
    return 0 if recording.rounds else 1


if __name__ == "__main__":
    sys.exit(main())
