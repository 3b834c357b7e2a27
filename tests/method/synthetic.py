"""Recordings that nobody took: rounds whose noise is known."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

from recorded import NO_MEMORY, Recorded, Recording, a_window
from timetrial.model.measurement import Measurement
from timetrial.model.trial import Cell, Trial
from timetrial.model.units import NS_PER_S

WINDOWS = 4
RATE = 10_000.0
CPU_S = 50e-6
CONDITIONS = {
    "taken": "2026-01-01 00:00", "kernel": "6", "cpu": "Example CPU", "cores": 2,
    "load_before": 0.0, "foreign": 0.0, "foreign_on": None,
}  # fmt: skip


def recording(  # noqa: PLR0913 - all that rounds differ by has a default
    benchmarks: Mapping[str, Sequence[str]],
    rounds: int,
    *,
    noise: float = 0.01,
    ahead: Mapping[str, float] | None = None,
    seed: int = 1,
    mood: float = 0.1,
) -> Recording:
    """Take rounds in which each start of a stack is off by `noise`, and stacks are `ahead`.

    All stacks of a round are off by its mood together.
    """
    randomness = random.Random(seed)  # noqa: S311 - numbers that must repeat
    return Recording(
        tuple(
            _round(number, benchmarks, (noise, mood), ahead or {}, randomness)
            for number in range(rounds)
        ),
        CONDITIONS,
    )


def _round(
    number: int,
    benchmarks: Mapping[str, Sequence[str]],
    off: tuple[float, float],
    ahead: Mapping[str, float],
    randomness: random.Random,
) -> Recorded:
    stacks = sorted({stack for own in benchmarks.values() for stack in own})
    noise, mood_ = off
    mood = randomness.gauss(0, mood_)
    starts = {stack: randomness.gauss(0, noise) + ahead.get(stack, 0.0) for stack in stacks}
    return Recorded(
        {
            name: {
                stack: _measurement(number, name, stack, mood, starts[stack], randomness)
                for stack in own
            }
            for name, own in benchmarks.items()
        },
        len(stacks),
        around_s=2.0 * len(stacks),
        benchmark_s=dict.fromkeys(benchmarks, 1.0),
    )


def _measurement(  # noqa: PLR0913, PLR0917 - all that an invented trial depends on
    number: int,
    benchmark: str,
    stack: str,
    mood: float,
    start: float,
    randomness: random.Random,
) -> Measurement:
    windows = []
    for index in range(WINDOWS):
        count = round(RATE * math.exp(mood + start + randomness.gauss(0, 0.002)))
        cpu_s = count * CPU_S * math.exp(-start + randomness.gauss(0, 0.001))
        windows.append(a_window(index, NS_PER_S, count, count, round(cpu_s, 6)))
    return Measurement(Trial(number, Cell(benchmark, stack)), tuple(windows), NO_MEMORY, (), ())
