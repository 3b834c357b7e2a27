"""Bytes of bodies moved per CPU-second of the generator: the engine against wrk.

Both load the engine's responder in one interleaved run, one core for the server and one for the
generator; all bodies of a case have one size, so that the ratio of requests is that of bytes.
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
from generators.native import Native
from generators.wrk import Wrk
from programs import NotHad
from progress import Progress
from ratio import median_ratio
from served import responder_server, url_of
from timetrial.machine.placement import available_cpus, physical_cores, place
from turns import Unusable, interleaved
from verdict import Judged, conclusion

ROUNDS = 6
RUN_S = 1
CONNECTIONS = 8
TARGET = 1.0
MIB = 1024 * 1024
_ROW = "{:<16} {:<18} {:>12}  {:<22} {}"


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    body_bytes: int
    is_upload: bool

    def generators(self) -> Mapping[str, Generator]:
        way = f"{'upload' if self.is_upload else 'download'}:{self.body_bytes}"
        return {
            "wrk": Wrk(programs.debian("wrk", "wrk"), self.body_bytes if self.is_upload else None),
            "epoll": Native(programs.engine(), "epoll", way),
            "io_uring": Native(programs.engine(), "io_uring", way),
        }


CASES = (
    Case("upload 64 KiB", 64 * 1024, is_upload=True),
    Case("upload 1 MiB", MIB, is_upload=True),
    Case("download 64 KiB", 64 * 1024, is_upload=False),
    Case("download 1 MiB", MIB, is_upload=False),
)


def main() -> int:
    parser = argparse.ArgumentParser(description="Race the engine against wrk by large bodies.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds: int = parser.parse_args().rounds
    cpus = available_cpus()
    placement = place(cpus, physical_cores(cpus))
    os.sched_setaffinity(0, {placement.generator_cpus[0]})
    print(
        f"{CONNECTIONS} connections, {rounds} rounds of {RUN_S} s, load average before "
        f"{os.getloadavg()[0]:.1f}"
    )
    print(_ROW.format("bodies", "generator", "MiB/CPU-s", "ratio to wrk", "target"))
    judged: list[Judged] = []
    with TemporaryDirectory() as folder, Progress(len(CASES)) as progress:
        for number, case in enumerate(CASES):
            progress.begin(case.name)
            home = Path(folder) / str(number)
            home.mkdir()
            try:
                generators = case.generators()
            except NotHad as reason:
                print(reason)
                return 2
            answer = None if case.is_upload else case.body_bytes
            with responder_server(placement.server_cpus[:1], home, answer) as server:
                load = Load(url_of(server), CONNECTIONS, 1, RUN_S)
                results = interleaved(
                    generators,
                    dict.fromkeys(generators, rounds),
                    load,
                    lambda turn: progress.step(turn, rounds),
                )
            for line, verdict in _rows(case, generators, results):
                progress.write(line)
                judged += [verdict] if verdict else []
    sentences, exit_code = conclusion(judged)
    print(*sentences, sep="\n")
    return exit_code


def _rows(
    case: Case,
    generators: Mapping[str, Generator],
    results: Mapping[str, list[Reading] | Unusable],
) -> Iterator[tuple[str, Judged | None]]:
    theirs = results["wrk"]
    for name, generator in generators.items():
        result = results[name]
        if isinstance(result, Unusable):
            yield _ROW.format(case.name, generator.name, "–", str(result), "").rstrip(), None
            continue
        figures = [reading.ok_per_cpu_s for reading in result]
        median = f"{statistics.median(figures) * case.body_bytes / MIB:,.0f}"
        if name == "wrk" or isinstance(theirs, Unusable):
            yield _ROW.format(case.name, generator.name, median, "", "").rstrip(), None
            continue
        ratio = median_ratio(figures, [reading.ok_per_cpu_s for reading in theirs])
        verdict = Judged(f"{generator.name}, {case.name}", TARGET, ratio, "")
        target = f"≥ {TARGET}: {verdict.verdict}"
        yield _ROW.format(case.name, generator.name, median, str(ratio), target), verdict


if __name__ == "__main__":
    sys.exit(main())
