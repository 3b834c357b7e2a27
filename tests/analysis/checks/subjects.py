"""Histories made by hand, in which one thing is wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from runs import a_measurement, a_window, json_query
from timetrial.analysis import checks
from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.model.finding import Finding
from timetrial.model.measurement import (
    MachineConditions,
    Measurement,
    ProcessStamp,
    ProcessUse,
    Window,
)
from timetrial.model.service import ServiceUse
from timetrial.model.suite import Benchmark


def surroundings(
    passed_s: float = 1.15,
    *,
    steal_s: float = 0.0,
    throttled_s: float = 0.0,
    memory_pressure_s: float = 0.0,
    clock_source: str = "tsc",
) -> MachineConditions:
    return MachineConditions(
        passed_s=passed_s,
        server_cpus=(0,),
        measured_cpus=2,
        steal_s=steal_s,
        throttled_s=throttled_s,
        memory_pressure_s=memory_pressure_s,
        io_pressure_s=0.0,
        clock_source=clock_source,
    )


def a_round(
    *windows: Window,
    round_: int = 1,
    stack: str = "granian",
    around: MachineConditions | None = None,
) -> Measurement:
    measured = a_measurement(windows or [a_window()], round_=round_, stack=stack)
    return dataclasses.replace(measured, surroundings=around or surroundings())


def waiting(*, server_s: float = 0.0, foreign_s: float = 0.0, generator_s: float = 0.0) -> Window:
    """Make a window of one second, 1.15 s with lead-in and drain."""
    return dataclasses.replace(
        a_window(), server_wait_s=server_s, foreign_cpu_s=foreign_s, generator_wait_s=generator_s
    )


def of_throughputs(throughputs: Sequence[float], benchmark: Benchmark | None = None) -> CellContext:
    """Make rounds of one window each, by their responses a second."""
    rounds = [
        a_round(a_window(completions=round(each)), round_=number)
        for number, each in enumerate(throughputs, start=1)
    ]
    return a_history(*rounds, benchmark=benchmark)


def a_history(
    *rounds: Measurement,
    benchmark: Benchmark | None = None,
    stack: str = "granian",
    workers: int = 1,
) -> CellContext:
    return CellContext(
        benchmark or json_query(["granian", "uvicorn"]), stack, rounds, workers=workers
    )


def used(*cpu_s: float, cpus: tuple[int, ...] = (0,)) -> tuple[ProcessUse, ...]:
    return tuple(
        ProcessUse(ProcessStamp(100 + place, 1), each, cpus) for place, each in enumerate(cpu_s)
    )


def a_use(connections: int = 4, opened: int = 0, cpu_s: float | None = 0.2) -> ServiceUse:
    return ServiceUse("postgres", 1.15, 1, cpu_s, connections, opened, None, None, None)


def found(name: str, subject: CellContext) -> Finding | None:
    return next((finding for finding in checks.find(subject) if finding.name == name), None)


def found_in_table(name: str, benchmark: BenchmarkContext) -> list[Finding]:
    return [finding for finding in checks.find_in_table(benchmark) if finding.name == name]


def severity_of(name: str, subject: CellContext) -> str | None:
    finding = found(name, subject)
    return None if finding is None else finding.severity
