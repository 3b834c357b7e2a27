"""Requests per CPU-second of the generator: the engine against wrk, and others beside it.

All load the same server in one interleaved run, one core for the server and one for the generator.
CPU time is what the operating system accounts to a generator's whole process, its start included.
Exit codes: 0 all targets that could be judged are met, 1 one is missed, 2 none could be judged.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from case import PEER_ROUNDS, ROUNDS, cases
from case_race import RUN_S, CaseRace
from field import gathered
from progress import Progress
from table import HEAD, Row
from timetrial.machine.placement import available_cpus, physical_cores, place
from verdict import conclusion


def main() -> int:
    parser = argparse.ArgumentParser(description="Race the engine against wrk and others.")
    parser.add_argument("--quick", action="store_true", help="one server, fewer rounds")
    quick: bool = parser.parse_args().quick
    load_before = os.getloadavg()[0]
    had = gathered()
    began_s = time.monotonic()
    server_cpu, generator_cpu = _cores()
    os.sched_setaffinity(0, {generator_cpu})
    rounds = PEER_ROUNDS if quick else ROUNDS
    print(_circumstances(load_before, server_cpu, generator_cpu, rounds))
    print(HEAD, flush=True)
    rows: list[Row] = []
    planned = cases(quick=quick)
    with TemporaryDirectory() as folder, Progress(len(planned)) as progress:
        case_race = CaseRace(had, rounds, (server_cpu,), Path(folder))
        for case in planned:
            progress.begin(str(case))
            for row in case_race.rows(case, progress):
                rows.append(row)
                progress.write(str(row))
    sentences, exit_code = conclusion([row.judged for row in rows if row.target])
    print(f"\ntook {time.monotonic() - began_s:.0f} s", *sentences, sep="\n")
    return exit_code


def _cores() -> tuple[int, int]:
    """Choose a core for the server and one for the generator."""
    cpus = available_cpus()
    placement = place(cpus, physical_cores(cpus))
    for warning in placement.warnings:
        print(warning)
    return placement.server_cpus[0], placement.generator_cpus[0]


def _circumstances(load_before: float, server_cpu: int, generator_cpu: int, rounds: int) -> str:
    busy = ": other programs were running" if load_before >= 1 else ""
    return (
        f"server on CPU {server_cpu}, generator on CPU {generator_cpu}, {rounds} rounds of "
        f"{RUN_S} s, load average before {load_before:.1f}{busy}"
    )


if __name__ == "__main__":
    sys.exit(main())
