"""Adapts a suite to other drivers than the engine, or refuses what they cannot drive."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from timetrial.drivers.choice import TOOLS
from timetrial.model import (
    ENGINE,
    BadInput,
    Benchmark,
    CapacityShareLoad,
    DraftSuite,
    DriverName,
    paired_load,
)
from timetrial.runner.driver_inputs import load_spec, session_config, target_at

_SOME_ADDRESS = "127.0.0.1:1"


def driven_by(suite: DraftSuite, drivers: Sequence[DriverName]) -> DraftSuite:
    """Have these drive the suite; with several, each of them measures each benchmark.

    Tools start a process for each window, so windows become whole seconds, as few as last at least
    the suite's time. Benchmarks that a tool cannot drive are left out, with a note. Raises BadInput
    where none is left, and for a duet of stacks that may not be loaded at once.
    """
    _check_duets(suite)
    if list(drivers) == [ENGINE]:
        return suite
    lengths = [(benchmark, _with_long_windows(benchmark)) for benchmark in suite.benchmarks]
    benchmarks = [
        _by(driver, benchmark, alone=len(drivers) == 1)
        for _, benchmark in lengths
        for driver in drivers
    ]
    refused = {b.name: why for b in benchmarks if (why := _refusal(suite, b))}
    kept = tuple(benchmark for benchmark in benchmarks if benchmark.name not in refused)
    if not kept:
        name, why = next(iter(refused.items()))
        raise BadInput(f"benchmark {name!r} of suite {suite.name!r}: {why}")
    left_out = (f"{name} is left out: {why}." for name, why in refused.items())
    return suite.holding(kept, (*_notes(lengths), *left_out))


def tools_of(suite: DraftSuite) -> tuple[DriverName, ...]:
    """List the load tools that a suite needs besides the engine."""
    drivers = dict.fromkeys(benchmark.driver for benchmark in suite.benchmarks)
    return tuple(driver for driver in drivers if driver != ENGINE)


def _check_duets(suite: DraftSuite) -> None:
    for benchmark in suite.benchmarks:
        if benchmark.mode == "duet" and (
            why := paired_load.refusal([suite.stack(name) for name in benchmark.stacks])
        ):
            raise BadInput(f"benchmark {benchmark.name!r} of suite {suite.name!r}: {why}")


def _refusal(suite: DraftSuite, benchmark: Benchmark) -> str | None:
    """Return why a benchmark's driver cannot drive its load; None: it can."""
    if benchmark.driver == ENGINE:
        return None
    if benchmark.mode == "duet":
        return f"{benchmark.driver} loads one stack at a time, a duet two: leave it to the engine"
    if benchmark.beside is not None:
        return f"{benchmark.driver} holds no streams beside requests: leave it to the engine"
    load = benchmark.load
    if isinstance(load, CapacityShareLoad):
        # Whether it can be driven does not depend on the rate.
        benchmark = replace(benchmark, load=load.at(1.0))
    shapes = (
        (target_at(_SOME_ADDRESS, suite.stack(name), benchmark), session_config(benchmark, ()))
        for name in benchmark.stacks
    )
    tool = TOOLS[benchmark.driver]
    refusals = (tool.refusal(*shape, load_spec(benchmark, 0, 0)) for shape in shapes)
    return next(filter(None, refusals), None)


def _with_long_windows(benchmark: Benchmark) -> Benchmark:
    window_s = float(max(1, math.ceil(benchmark.window_s)))
    if window_s == benchmark.window_s:
        return benchmark
    if benchmark.mode == "whole":
        return replace(benchmark, window_s=window_s)
    pairs = math.ceil(benchmark.windows * benchmark.window_s / (2 * window_s))
    return replace(benchmark, window_s=window_s, windows=2 * max(1, pairs))


def _by(driver: DriverName, benchmark: Benchmark, *, alone: bool) -> Benchmark:
    name = benchmark.name if alone or driver == ENGINE else f"{benchmark.name}@{driver}"
    has_lead_in = driver == ENGINE or TOOLS[driver].has_lead_in
    lead_in_s = benchmark.lead_in_s if has_lead_in else 0.0
    return replace(benchmark, name=name, driver=driver, lead_in_s=lead_in_s)


def _notes(benchmarks: Iterable[tuple[Benchmark, Benchmark]]) -> Iterator[str]:
    for before, after in benchmarks:
        if after.window_s != before.window_s:
            yield (
                f"{before.name} has {after.windows} windows of {after.window_s:g} s instead of "
                f"{before.windows} of {before.window_s:g} s: a tool takes a process for each."
            )
