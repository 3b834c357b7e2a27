"""Figures of a stack over the runs of a store, and changes of their level. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timetrial.analysis.config_labels import version
from timetrial.analysis.leads import leads
from timetrial.analysis.statistics.change_points import change_points
from timetrial.model import (
    COMPARED,
    Benchmark,
    Cell,
    CellDigest,
    Estimate,
    Metric,
    Row,
    Run,
    RunDigest,
    Stack,
    Summary,
    Table,
    figure_of,
)

SHORTEST = 6
"""Fewest runs for a search for changes of level."""


@dataclass(frozen=True, slots=True)
class Point:
    """One run in a history."""

    run: int
    created_at: str
    figure: Estimate
    version: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of level between two consecutive runs."""

    run: int
    """The first run on the new level."""
    before: float
    """Geometric mean of the former level."""
    after: float
    versions: tuple[str, str]
    """Server versions of the last run before it and of this run."""

    @property
    def ratio(self) -> float:
        return self.after / self.before


@dataclass(frozen=True, slots=True)
class History:
    """One metric of one stack in one benchmark, under one load on one machine."""

    suite: str
    benchmark: str
    stack: str
    settings: str
    metric: Metric
    machine: str
    load: str
    points: tuple[Point, ...]
    """In order of time."""
    changes: tuple[Change, ...]


def digest(summary: Summary) -> RunDigest:
    """Reduce a run to its figures, without those that a finding voids."""
    run = summary.run
    return RunDigest(
        run=run.number,
        created_at=run.created_at,
        suite=run.plan.suite.name,
        title=run.plan.suite.title,
        machine=_machine(run),
        cells=tuple(_cell(run, table, row) for table in summary.tables for row in table.rows),
        leads=leads(summary),
    )


def histories(digests: Iterable[RunDigest], metric: Metric = "throughput") -> tuple[History, ...]:
    """Group runs into histories of equal settings, machine and load; ordered by name."""
    by_key: dict[tuple[str, ...], list[Point]] = {}
    for run in sorted(digests, key=lambda digest: (digest.created_at, digest.run)):
        for cell in run.cells:
            if metric in cell.figures:
                key = (
                    run.suite,
                    cell.benchmark,
                    cell.stack,
                    cell.settings,
                    run.machine,
                    cell.load,
                )
                point = Point(
                    run.run, run.created_at, cell.figures[metric], cell.version, cell.findings
                )
                by_key.setdefault(key, []).append(point)
    return tuple(
        History(
            suite, benchmark, stack, settings, metric, machine, load, tuple(points), changes(points)
        )
        for (suite, benchmark, stack, settings, machine, load), points in sorted(by_key.items())
    )


def changes(points: Sequence[Point]) -> tuple[Change, ...]:
    """Find changes of the level of the figures' logs, by PELT with a penalty of 15 ln n."""
    if len(points) < SHORTEST:
        return ()
    logs = [math.log(point.figure.value) for point in points]
    places = change_points(logs, _known_noise(points))
    ends = [0, *places, len(points)]
    return tuple(
        Change(
            points[place].run,
            math.exp(statistics.fmean(logs[ends[number] : place])),
            math.exp(statistics.fmean(logs[place : ends[number + 2]])),
            (points[place - 1].version, points[place].version),
        )
        for number, place in enumerate(places)
    )


def _known_noise(points: Sequence[Point]) -> float:
    """Return the noise, as a log, from the runs' intervals: two standard errors each way."""
    widths = [
        math.log(point.figure.high / point.figure.low) / 4
        for point in points
        if point.figure.low and point.figure.high
    ]
    return statistics.median(widths) if widths else 0.0


def _cell(run: Run, table: Table, row: Row) -> CellDigest:
    cell = Cell(table.benchmark.name, row.stack.name)
    return CellDigest(
        benchmark=table.benchmark.name,
        stack=row.stack.name,
        load=_load(table.benchmark, row.stack),
        version=version(row.stack, run.facts_of(row.stack.name)),
        settings=_settings(run, row.stack),
        figures={
            metric: figure
            for metric in COMPARED
            if row.validity.compares(metric)
            and isinstance(figure := figure_of(row, metric), Estimate)
        },
        findings=tuple(
            sorted({f.name for f in table.findings if f.cell == cell and f.severity != "note"})
        ),
    )


def _load(benchmark: Benchmark, stack: Stack) -> str:
    steps = ", ".join(
        f"{step.method} {step.paths.get(stack.interface, '')}" for step in benchmark.workload.steps
    )
    return f"{steps}; {benchmark.load_text}; {benchmark.driver}"


def _settings(run: Run, stack: Stack) -> str:
    facts = run.facts_of(stack.name)
    shape = f"{stack.interface} · {stack.workers} × {stack.threads}"
    return f"{shape}, {facts.python}" if facts else shape


def _machine(run: Run) -> str:
    machine = run.machine
    servers = ",".join(map(str, machine.server_cpus))
    generators = ",".join(map(str, machine.generator_cpus))
    return f"{machine.cpu_model}, {machine.cores} cores, server on {servers}, load on {generators}"
