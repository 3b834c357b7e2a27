"""Throughput at the load's own limit: clients divided by the time that each waits."""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.open_loop_lateness import due_per_s
from timetrial.analysis.checks.thresholds import CLIENT_CEILING
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.model import Benchmark, Finding, OpenLoad, VirtualUsers, significant

NAME = CLIENT_CEILING.name


def find(context: CellContext) -> Finding | None:
    benchmark = context.benchmark
    throughput = window_throughput(tuple(context.windows()))
    ceiling = _ceiling(context)
    if not ceiling or CLIENT_CEILING.judge(throughput / ceiling) is None:
        return None
    return context.finding(
        NAME,
        "note",
        f"the load was the limit: {_arithmetic(benchmark, ceiling)}, and "
        f"{percent(throughput / ceiling)} of that came; the maximum was not measured.",
    )


def _ceiling(context: CellContext) -> float:
    """Return the most responses a second that this load permits; 0: no limit is known."""
    load, workload = context.benchmark.load, context.benchmark.workload
    if isinstance(load, OpenLoad):
        return due_per_s(context, load)
    passing_s = workload.wait_s
    if isinstance(load, VirtualUsers):
        passing_s += workload.think_s
    if not passing_s:
        return 0.0
    return load.connections * load.pipeline * len(workload.steps) / passing_s


def _arithmetic(benchmark: Benchmark, ceiling: float) -> str:
    load, workload = benchmark.load, benchmark.workload
    if isinstance(load, OpenLoad):
        return f"of {load}, {significant(ceiling)} fell due"
    factors = [str(load) if isinstance(load, VirtualUsers) else f"{load.connections} connections"]
    factors += [f"{load.pipeline} in flight"] * (load.pipeline > 1)
    factors += [f"{len(workload.steps)} requests"] * (len(workload.steps) > 1)
    pause = f"{workload.wait_s * 1000:g} ms of wait"
    if isinstance(load, VirtualUsers):
        pause = f"({workload.think_s * 1000:g} ms of thinking + {pause})"
    return f"{' × '.join(factors)} ÷ {pause} = {significant(ceiling)} responses a second"
