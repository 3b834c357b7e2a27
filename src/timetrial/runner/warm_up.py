"""Warms up fresh stacks by load; of its results only those on steadiness are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from timetrial.analysis.statistics.steadiness import settling
from timetrial.drivers.driver import (
    Driver,
    DriverSession,
    LoadResult,
    LoadSpec,
    OnProgress,
    Progress,
    Target,
)
from timetrial.machine.clock import MACHINE_CLOCK, Clock
from timetrial.model import Benchmark, WarmUp, WarmUpSeries, seconds
from timetrial.model.workload import is_long_wait
from timetrial.runner.driver_inputs import session_config, without_schedule
from timetrial.runner.no_response import without_response
from timetrial.stacks.sampler import CpuMeter, CpuReading, difference

_STRETCH_S = 0.05
_MORE_S = 0.25
"""What is added at a time while a stack is not steady and there is time left."""


@dataclass(frozen=True, slots=True)
class WarmUpMeans:
    """The limits of the warm-up, and the load generator that drives it."""

    limits: WarmUp
    driver: Driver
    cpus: tuple[int, ...]
    """CPUs of the load generator."""
    clock: Clock = MACHINE_CLOCK


def warm_up(
    parts: Sequence[tuple[Benchmark, Target]], means: WarmUpMeans, meter: CpuMeter | None = None
) -> tuple[WarmUpSeries, ...]:
    """Drive each benchmark's workload for its share of the warm-up, over connections of its own.

    A share ends with the first of two limits, requests and time, but not before `at_least_s` and
    not before the first response. The limit of requests does not hold while the stack is not
    steady yet. Benchmarks in which the app waits for long run hardly any code: they are left out,
    unless there are no others. `meter` is the stack's. Returns the series of each share. Raises
    StackFailed when there was no correct response.
    """
    parts = [part for part in parts if not is_long_wait(part[0].workload)] or parts
    shared = replace(means, limits=_part_of(means.limits, len(parts)))
    return tuple(
        _share(benchmark, target, shared, _Recorder(meter, means.clock))
        for benchmark, target in parts
    )


def _part_of(limits: WarmUp, shares: int) -> WarmUp:
    return replace(
        limits,
        requests=limits.requests // shares,
        at_most_s=limits.at_most_s / shares,
        at_least_s=limits.at_least_s / shares,
    )


def _share(
    benchmark: Benchmark, target: Target, means: WarmUpMeans, recorder: _Recorder
) -> WarmUpSeries:
    load, limits = without_schedule(benchmark.load), means.limits
    opened = session_config(replace(benchmark, load=load), means.cpus)
    with means.driver.open([target], opened) as session:
        requests = max(load.connections, limits.requests)
        first = _drive(session, recorder, limits.at_most_s, load.timeout_s, requests)
        passed_s = seconds(first.drained_ns - first.started_ns)
        if limits.at_least_s > passed_s:
            again = _drive(session, recorder, limits.at_least_s - passed_s, load.timeout_s)
            passed_s += seconds(again.drained_ns - again.started_ns)
        while limits.at_most_s - passed_s >= _STRETCH_S and not _steady(recorder.series(benchmark)):
            more_s = min(_MORE_S, limits.at_most_s - passed_s)
            more = _drive(session, recorder, more_s, load.timeout_s)
            passed_s += seconds(more.drained_ns - more.started_ns)
    if not first.overall.ok:
        what = f"{first.overall.arrivals} requests of {benchmark.name}"
        raise without_response("warm-up", first, what)
    return recorder.series(benchmark)


def _drive(
    session: DriverSession,
    recorder: _Recorder,
    length_s: float,
    timeout_s: float,
    max_requests: int | None = None,
) -> LoadResult:
    drive = LoadSpec(
        target=0,
        window_s=length_s,
        drain_s=timeout_s,
        max_requests=max_requests,
        progress_every_s=_STRETCH_S,
    )
    return session.run_load(drive, recorder.recording())


def _steady(series: WarmUpSeries) -> bool:
    """Whether the stack is steady, or too little is known to judge."""
    judged = settling(series)
    return judged is None or judged.steady


@dataclass(slots=True)
class _Recorder:
    """The series of a share so far."""

    meter: CpuMeter | None
    clock: Clock
    lengths_s: list[float] = field(default_factory=list)
    completions: list[int] = field(default_factory=list)
    server_cpu_s: list[float | None] = field(default_factory=list)

    def recording(self) -> OnProgress:
        """Record a drive; the time between two drives is in no stretch."""
        before_s, completions = self.clock.now_s(), 0
        cpu = self._read()

        def on_progress(progress: Progress) -> None:
            nonlocal before_s, completions, cpu
            now_s, now, cpu_now = self.clock.now_s(), progress.completions or 0, self._read()
            self.lengths_s.append(round(now_s - before_s, 6))
            self.completions.append(now - completions)
            self.server_cpu_s.append(_used(cpu, cpu_now))
            before_s, completions, cpu = now_s, now, cpu_now

        return on_progress

    def series(self, benchmark: Benchmark) -> WarmUpSeries:
        return WarmUpSeries(
            benchmark.name,
            benchmark.workload.wait_s,
            tuple(self.lengths_s),
            tuple(self.completions),
            tuple(self.server_cpu_s),
        )

    def _read(self) -> CpuReading | None:
        return self.meter.read() if self.meter is not None else None


def _used(before: CpuReading | None, after: CpuReading | None) -> float | None:
    if before is None or after is None:
        return None
    used_s = difference(before, after)
    return None if used_s is None else round(used_s, 6)
