"""How stacks stand so far: figures alone, before there is any verdict. Pure."""

from __future__ import annotations

from timetrial.analysis.cell_analysis import dropped_from, excluded_rounds
from timetrial.analysis.statistics.estimates import throughput
from timetrial.model import (
    Benchmark,
    Cell,
    ClosedLoad,
    Estimate,
    IdleConnections,
    Run,
    Standing,
    Suite,
)

Rates = tuple[tuple[str, float], ...]
"""Servers with their requests a second, the fastest first."""


def ranked_benchmark(suite: Suite) -> Benchmark | None:
    """Return the benchmark of a race, or of its pilot, that drives servers to their limit."""
    if suite.race_info is None:
        return None
    closed = (each for each in suite.benchmarks if isinstance(each.load, ClosedLoad))
    return next(closed, None)


def provisional_ranking(run: Run) -> Rates:
    """Rank the servers that are still in a race by its sound rounds; () for other runs."""
    benchmark = ranked_benchmark(run.plan.suite)
    if benchmark is None:
        return ()
    return tuple((name, each.value) for name, each in _throughputs(run, benchmark))


def standings(run: Run) -> tuple[Standing, ...]:
    """Estimate the throughput of all stacks so far, of each benchmark that has some."""
    return tuple(
        Standing(benchmark.name, throughputs)
        for benchmark in run.plan.suite.benchmarks
        if not isinstance(benchmark.load, IdleConnections)
        and (throughputs := _throughputs(run, benchmark))
    )


def _throughputs(run: Run, benchmark: Benchmark) -> tuple[tuple[str, Estimate], ...]:
    """Estimate by the sound rounds; leave A/A controls out, and what left a race."""
    disturbed, left = excluded_rounds(run, benchmark).rounds, dropped_from(run, benchmark)
    figures = {
        name: throughput(
            [
                measurement
                for measurement in run.measurements
                if measurement.trial.cell == Cell(benchmark.name, name)
                and measurement.trial.round not in disturbed
            ]
        )
        for name in benchmark.stacks
        if name not in left and not run.plan.suite.stack(name).control_of
    }
    known = [(name, each) for name, each in figures.items() if isinstance(each, Estimate)]
    return tuple(sorted(known, key=lambda pair: -pair[1].value))
