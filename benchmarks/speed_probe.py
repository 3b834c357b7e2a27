"""The cost of the speed probe: throughput of a busy server with it over that without it.

A Python server on one CPU is loaded in windows of a second, with and without the probe in turn,
each order followed by its reversal. Needs two CPUs; `--pairs` says how many windows of each.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ratio import median_ratio
from timetrial._engine import Request, Session, SpeedProbe, Target
from turns import order

SERVER = Path(__file__).parent / "method" / "spin_server.py"
HOST, PORT = "127.0.0.1", 8_471
SPIN = 2_000
WINDOW_NS, LEAD_IN_NS, DRAIN_NS = 1_000_000_000, 200_000_000, 1_000_000_000
WITH, WITHOUT = "with", "without"


@contextmanager
def server(cpu: int) -> Iterator[None]:
    command = ["taskset", "-c", str(cpu), sys.executable, str(SERVER), HOST, str(PORT), str(SPIN)]
    with subprocess.Popen(command) as process:
        try:
            yield
        finally:
            process.terminate()


def throughput(session: Session) -> float:
    session.start(0, lead_in_ns=LEAD_IN_NS, window_ns=WINDOW_NS, drain_ns=DRAIN_NS)
    while (tallies := session.wait(0.1)) is None:
        pass
    (tally,) = tallies
    return tally.completions / (tally.closed_ns - tally.opened_ns) * 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the cost of the speed probe.")
    parser.add_argument("--pairs", type=int, default=30)
    pairs: int = parser.parse_args().pairs
    server_cpu, generator_cpu, *_ = sorted(os.sched_getaffinity(0))
    probe = SpeedProbe([server_cpu])
    rates: dict[str, list[float]] = {WITH: [], WITHOUT: []}
    shares: list[float] = []
    target = Target(f"{HOST}:{PORT}", [Request(host=HOST, path="/", status=200)])
    with server(server_cpu):
        session = Session(
            [target], connections=16, threads=1, cpus=[generator_cpu], timeout_ns=DRAIN_NS
        )
        while throughput(session) == 0:  # it starts
            pass
        for turn in range(pairs):
            for name in order((WITH, WITHOUT), turn):
                if name == WITH:
                    probe.begin()
                rates[name].append(throughput(session))
                if name == WITH:
                    shares += [used / length for *_, used, length in probe.end()]
        session.close()
    print(f"requests/s with the probe over without: {median_ratio(rates[WITH], rates[WITHOUT])}")
    print(f"CPU share of the probe: {statistics.median(shares):.2%}, {max(shares):.2%} at most")


if __name__ == "__main__":
    main()
