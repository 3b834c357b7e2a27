"""A process that has nothing to do with the measurement and wants a share of a CPU."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

_PROGRAM = """
import os, random, sys, time
duty, seed, *cpus = sys.argv[1:]
os.sched_setaffinity(0, map(int, cpus))
randomness = random.Random(int(seed))
while os.getppid() == PARENT:
    period_s = randomness.uniform(0.02, 0.2)
    until_s = time.monotonic() + float(duty) * period_s
    while time.monotonic() < until_s:
        pass
    time.sleep((1 - float(duty)) * period_s)
"""


@dataclass(frozen=True, slots=True)
class Foreign:
    """How much a foreign process wants, and of whose CPUs."""

    duty: float = 0.0
    """Share of a CPU, 0 to 1."""
    on: Literal["server", "generator"] = "server"


@contextmanager
def hog(duty: float, cpus: Sequence[int], seed: int) -> Iterator[None]:
    """Keep a share `duty` of some CPUs busy, in bursts of random length."""
    if not duty:
        yield
        return
    if not 0 < duty <= 1:
        raise SystemExit(f"--foreign {duty:g} is no share of a core: it lies between 0 and 1")
    program = f"import os\nPARENT = os.getppid()\n{_PROGRAM}"
    command = [sys.executable, "-c", program, str(duty), str(seed), *map(str, cpus)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()
