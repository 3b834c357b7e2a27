"""Stacks with different numbers of connections to a service: unequal back ends."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator

from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import DATABASE_CONNECTIONS
from timetrial.model import Finding, ServiceUse, significant

PER_REQUEST_FROM = 0.5
"""Opened connections per response from which on a stack counts as opening one for each request."""


def find(benchmark: BenchmarkContext) -> tuple[Finding, ...]:
    names = sorted({use.name for context in benchmark.measured() for use in _uses(context)})
    return tuple(finding for name in names for finding in _of_service(benchmark, name))


def _of_service(benchmark: BenchmarkContext, name: str) -> Iterator[Finding]:
    held = {
        h.stack: statistics.fmean(use.connections for use in _named(h, name))
        for h in benchmark.measured()
        if any(_named(h, name))
    }
    opening = sorted(h.stack for h in benchmark.measured() if _opens_for_each_request(h, name))
    if opening and len(opening) < len(held):
        stacks = ", ".join(opening)
        evidence = (
            f"{stacks} opened a connection to {name} for each request, the others kept theirs."
        )
        yield from benchmark.finding(
            DATABASE_CONNECTIONS.name, "doubtful", evidence, benchmark.measured()
        )
        return
    if not held or not max(held.values()):
        return
    factor = max(held.values()) / max(1.0, min(held.values()))
    severity = DATABASE_CONNECTIONS.judge(factor)
    if severity is None:
        return
    ordered = sorted(held.items(), key=lambda item: item[1])
    listed = ", ".join(f"{stack} {significant(count)}" for stack, count in ordered)
    evidence = f"stacks held different numbers of connections to {name}: {listed}."
    yield from benchmark.finding(
        DATABASE_CONNECTIONS.name, severity, evidence, benchmark.measured()
    )


def _opens_for_each_request(context: CellContext, name: str) -> bool:
    opened = sum(use.opened or 0 for use in _named(context, name))
    responses = sum(window.completions_overall for window in context.windows())
    return bool(responses) and opened >= PER_REQUEST_FROM * responses


def _named(context: CellContext, name: str) -> Iterator[ServiceUse]:
    return (use for use in _uses(context) if use.name == name)


def _uses(context: CellContext) -> Iterable[ServiceUse]:
    return (use for measurement in context.measurements for use in measurement.services)
