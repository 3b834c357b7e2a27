"""What a cell is judged by beside its own measurements. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from timetrial.model import ENGINE, Benchmark, Cell, ClosedLoad, Measurement, OpenLoad, Run


def partners(run: Run, benchmark: Benchmark, stack: str) -> Mapping[str, tuple[Measurement, ...]]:
    """Return the measurements of the stacks that were loaded at the same time, in a duet."""
    if benchmark.mode != "duet":
        return {}
    cells = {other: Cell(benchmark.name, other) for other in benchmark.stacks if other != stack}
    return {
        other: tuple(m for m in run.measurements if m.trial.cell == cell)
        for other, cell in cells.items()
    }


def unqueued(
    run: Run, benchmark: Benchmark, of_stack: Sequence[Measurement]
) -> tuple[Measurement, ...]:
    """Return the measurements in which the same requests came at a rate that is sustained."""
    at_rate = {
        other.name
        for other in run.plan.suite.benchmarks
        if isinstance(other.load, OpenLoad) and other.workload == benchmark.workload
    }
    return tuple(m for m in of_stack if m.trial.cell.benchmark in at_rate)


def ceiling_per_s(run: Run, benchmark: Benchmark) -> float | None:
    """Return what the load engine gets from a server that answers at once; None: unknown."""
    load, machine_checks = benchmark.load, run.machine.machine_checks
    if machine_checks is None or benchmark.driver != ENGINE or not isinstance(load, ClosedLoad):
        return None
    if load.fresh_connections or benchmark.transport is not None:
        return None
    return machine_checks.ceiling_per_s(load.connections, load.pipeline)
