"""Requests per CPU-second of the generator by HTTP/2: the engine against h2load.

Both load the same server in one interleaved run, one core for the server and one for the generator.
Exit codes: 0 the engine is not behind anywhere, 1 it is, 2 nothing could be compared.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import programs
from generators.generator import Generator, Load, Reading
from generators.h2load import H2load
from generators.native import Native
from http2_servers import SERVERS
from programs import NotHad
from progress import Progress
from ratio import median_ratio
from timetrial.machine.placement import available_cpus, physical_cores, place
from timetrial.model.errors import StackFailed
from turns import Unusable, interleaved
from verdict import Judged, conclusion

ROUNDS = 6
RUN_S = 1
CONNECTIONS = 20
STREAMS = 10
TARGET = 1.0
_ROW = "{:<10} {:<18} {:>14}  {:<22} {}"


@dataclass(frozen=True, slots=True)
class Turns:
    """How the generators take turns at each server."""

    generators: Mapping[str, Generator]
    rounds: int
    server_cpus: tuple[int, ...]
    progress: Progress

    def taken(self, load: Load) -> dict[str, list[Reading] | Unusable]:
        each = dict.fromkeys(self.generators, self.rounds)
        return interleaved(
            self.generators, each, load, lambda turn: self.progress.step(turn, self.rounds)
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="Race the engine against h2load by HTTP/2.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds: int = parser.parse_args().rounds
    cpus = available_cpus()
    placement = place(cpus, physical_cores(cpus))
    os.sched_setaffinity(0, {placement.generator_cpus[0]})
    print(
        f"{CONNECTIONS} connections, {STREAMS} streams, {rounds} rounds of {RUN_S} s, load average "
        f"before {os.getloadavg()[0]:.1f}"
    )
    print(_ROW.format("server", "generator", "requests/CPU-s", "ratio to h2load", "target"))
    judged: list[Judged] = []
    try:
        generators = _generators()
    except NotHad as reason:
        print(reason)
        return 2
    with TemporaryDirectory() as folder, Progress(len(SERVERS)) as progress:
        for server in SERVERS:
            progress.begin(server)
            home = Path(folder) / server
            home.mkdir()
            turns = Turns(generators, rounds, placement.server_cpus[:1], progress)
            for line, verdict in _rows(server, turns, home):
                progress.write(line)
                judged += [verdict] if verdict else []
    sentences, exit_code = conclusion(judged, "h2load")
    print(*sentences, sep="\n")
    return exit_code


def _generators() -> Mapping[str, Generator]:
    return {
        "h2load": H2load(programs.debian("h2load", "nghttp2-client"), is_http2=True),
        "epoll": Native(programs.engine(), "epoll", "http2"),
        "io_uring": Native(programs.engine(), "io_uring", "http2"),
    }


def _rows(server: str, turns: Turns, folder: Path) -> Iterator[tuple[str, Judged | None]]:
    try:
        served = SERVERS[server](turns.server_cpus, folder)
    except (NotHad, StackFailed) as reason:
        yield _ROW.format(server, "–", "–", f"no server: {reason}", "").rstrip(), None
        return
    with served.stack:
        load = Load(served.url, CONNECTIONS, STREAMS, RUN_S)
        results = turns.taken(load)
    theirs = results["h2load"]
    for name, generator in turns.generators.items():
        result = results[name]
        if isinstance(result, Unusable):
            yield _ROW.format(server, generator.name, "–", str(result), "").rstrip(), None
            continue
        figures = [reading.ok_per_cpu_s for reading in result]
        median = f"{statistics.median(figures):,.0f}"
        if name == "h2load" or isinstance(theirs, Unusable):
            yield _ROW.format(server, generator.name, median, "", "").rstrip(), None
            continue
        ratio = median_ratio(figures, [reading.ok_per_cpu_s for reading in theirs])
        verdict = Judged(f"{generator.name}, on {server}", TARGET, ratio, "")
        target = f"≥ {TARGET}: {verdict.verdict}"
        yield _ROW.format(server, generator.name, median, str(ratio), target), verdict


if __name__ == "__main__":
    sys.exit(main())
