"""Holds duets of unlike stacks to windows that alternate, and seven stacks that do so to two.

All are taken in the same rounds. A duet of two stacks is fair if its ratio is that of the windows
that alternate; it is taken with and without CPU groups of equal weight.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Collection, Iterator, Sequence

from taking import arguments, benchmark, bounds, from_catalog, keep, suite, take
from timetrial.catalog.loader import load_catalog
from timetrial.machine.cpu_groups import equal_shares
from timetrial.model.measurement import ProcessStamp
from timetrial.model.suite import Stack

FILE, LATER = "bias.json", "bias-later.json"
TURNS, PLAIN, GROUPED, ALL = "turns", "plain", "grouped", "all"
STACKS = {
    "uvicorn": ("uvicorn", 1),
    "gunicorn-gthread": ("gunicorn-gthread", 4),
    "granian-asgi": ("granian-asgi", 1),
    "gevent": ("gevent", 1),
    "gthread-1": ("gunicorn-gthread", 1),
    "granian-wsgi-1": ("granian-wsgi", 1),
    "granian-wsgi-4": ("granian-wsgi", 4),
}
PAIRS = (
    ("uvicorn", "gunicorn-gthread"),
    ("granian-asgi", "gevent"),
    ("gthread-1", "gunicorn-gthread"),
    ("granian-wsgi-1", "granian-wsgi-4"),
)
ROUNDS = 20
MINUTES = 3.0


def name_of(kind: str, pair: Sequence[str]) -> str:
    return f"{kind}: {' / '.join(pair)}"


def main() -> int:
    parser = arguments("Hold duets to windows that alternate.", rounds=ROUNDS, minutes=MINUTES)
    parser.add_argument("--name", default="bias", help="of the file  [%(default)s]")
    given = parser.parse_args()
    within = bounds(given)
    catalog = load_catalog()
    hello = catalog.app("raw").workloads["hello"]
    stacks = [
        Stack(name, server, "raw", catalog.server(server).interface, 1, threads)
        for name, (server, threads) in STACKS.items()
    ]
    benchmarks = [benchmark(ALL, tuple(STACKS), hello, "alternate")]
    for pair in PAIRS:
        benchmarks += [
            benchmark(name_of(TURNS, pair), pair, hello, "alternate"),
            benchmark(name_of(PLAIN, pair), pair, hello, "duet"),
            benchmark(name_of(GROUPED, pair), pair, hello, "duet"),
        ]
    wanted = suite("bias", stacks, benchmarks, within.rounds)
    recording = take(wanted, from_catalog(wanted), within, share_evenly=_only_where_asked)
    keep(recording, within.data / f"{given.name}.json")
    return 0 if recording.rounds else 1


@contextlib.contextmanager
def _only_where_asked(
    benchmark_name: str, trees: Sequence[Collection[ProcessStamp]]
) -> Iterator[bool]:
    if not benchmark_name.startswith(GROUPED):
        yield False
        return
    with equal_shares(benchmark_name, trees) as could:
        yield could


if __name__ == "__main__":
    sys.exit(main())
