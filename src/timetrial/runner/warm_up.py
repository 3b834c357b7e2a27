"""Load on a fresh stack that is thrown away, but for what shows whether it became steady."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from timetrial.analysis.statistics.steadiness import settling
from timetrial.drivers.driver import (
    Drive,
    Driver,
    DriveResult,
    DriverSession,
    OnProgress,
    Progress,
    Target,
)
from timetrial.machine.clock import MACHINE_CLOCK, Clock
from timetrial.model.errors import StackFailed
from timetrial.model.measurement import WarmUpSeries
from timetrial.model.suite import Benchmark, WarmUp
from timetrial.model.units import seconds
from timetrial.model.workload import is_long_wait
from timetrial.runner.driver_inputs import setting, without_schedule
from timetrial.stacks.sampler import CpuMeter, CpuReading, difference

_STRETCH_S = 0.05
_MORE_S = 0.25
"""How much is added at a time while a stack is not steady and there is time left."""


@dataclass(frozen=True, slots=True)
class WarmUpMeans:
    """How stacks are warmed up."""

    limits: WarmUp
    driver: Driver
    cpus: tuple[int, ...]
    """Of the load generator."""
    clock: Clock = MACHINE_CLOCK


def warm_up(
    parts: Sequence[tuple[Benchmark, Target]], means: WarmUpMeans, meter: CpuMeter | None = None
) -> tuple[WarmUpSeries, ...]:
    """Drive each benchmark's workload for its share of the warm-up, over connections of its own.

    A share ends with the first of two limits, requests and time, but lasts at least a while, and
    at least one response; the limit of requests gives way while it can be seen that the stack is
    not steady yet. Where the app waits for long, code hardly runs: such benchmarks are left out,
    unless there are no others. `meter` is the stack's. Returns what the shares looked like. Raises
    StackFailed when no correct response came at all.
    """
    parts = [part for part in parts if not is_long_wait(part[0].workload)] or parts
    shared = replace(means, limits=_part_of(means.limits, len(parts)))
    return tuple(
        _share(benchmark, target, shared, _Seen(meter, means.clock)) for benchmark, target in parts
    )


def _part_of(limits: WarmUp, shares: int) -> WarmUp:
    return replace(
        limits,
        requests=limits.requests // shares,
        at_most_s=limits.at_most_s / shares,
        at_least_s=limits.at_least_s / shares,
    )


def _share(benchmark: Benchmark, target: Target, means: WarmUpMeans, seen: _Seen) -> WarmUpSeries:
    load, limits = without_schedule(benchmark.load), means.limits
    opened = setting(replace(benchmark, load=load), means.cpus)
    with means.driver.open([target], opened) as session:
        requests = max(load.connections, limits.requests)
        first = _drive(session, seen, limits.at_most_s, load.timeout_s, requests)
        passed_s = seconds(first.drained_ns - first.started_ns)
        if limits.at_least_s > passed_s:
            again = _drive(session, seen, limits.at_least_s - passed_s, load.timeout_s)
            passed_s += seconds(again.drained_ns - again.started_ns)
        while limits.at_most_s - passed_s >= _STRETCH_S and not _steady(seen.series(benchmark)):
            more_s = min(_MORE_S, limits.at_most_s - passed_s)
            more = _drive(session, seen, more_s, load.timeout_s)
            passed_s += seconds(more.drained_ns - more.started_ns)
    if not first.overall.ok:
        reason = f"gave no correct response in {first.overall.arrivals} requests"
        raise StackFailed("warm-up", f"{reason} of {benchmark.name}")
    return seen.series(benchmark)


def _drive(
    session: DriverSession,
    seen: _Seen,
    length_s: float,
    timeout_s: float,
    max_requests: int | None = None,
) -> DriveResult:
    drive = Drive(
        target=0,
        window_s=length_s,
        drain_s=timeout_s,
        max_requests=max_requests,
        progress_every_s=_STRETCH_S,
    )
    return session.drive(drive, seen.watch())


def _steady(series: WarmUpSeries) -> bool:
    """Whether the stack is steady, as far as can be told."""
    found = settling(series)
    return found is None or found.steady


@dataclass(slots=True)
class _Seen:
    """What a share looks like so far."""

    meter: CpuMeter | None
    clock: Clock
    lengths_s: list[float] = field(default_factory=list)
    completions: list[int] = field(default_factory=list)
    server_cpu_s: list[float | None] = field(default_factory=list)

    def watch(self) -> OnProgress:
        """Begin with a drive; what lies between two drives is in no stretch."""
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
