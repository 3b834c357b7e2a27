"""What a run is measured with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from timetrial.drivers.driver import Driver, DuetDriver
from timetrial.machine.clock import MACHINE_CLOCK, Clock
from timetrial.machine.cpu_groups import EqualShares, equal_shares
from timetrial.machine.speed_probe import SpeedProbe
from timetrial.model import (
    ENGINE,
    Benchmark,
    DriverName,
    Observer,
    Stack,
    StackConfiguration,
    StackFailed,
)
from timetrial.runner.starter import (
    BenchmarkCheck,
    Starter,
    check_benchmark,
    check_benchmark_again,
)
from timetrial.stacks.services.services import Services
from timetrial.store.store import Store

ConfigProbe = Callable[[Stack], StackConfiguration]
"""Starts a stack once more and reads its effective configuration; a failure is a note in that."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """The store, the load generators, the services, and the observer of a run."""

    store: Store
    driver: DuetDriver
    """The engine. It warms up every stack, also for other drivers, and checks the bodies there."""
    start: Starter
    not_installed: Mapping[str, StackFailed]
    """Why stacks have no environment, by the name of the stack."""
    generator_cpus: tuple[int, ...]
    observer: Observer
    check: BenchmarkCheck = check_benchmark
    services: Services = field(default_factory=Services)
    """Services that the stacks' apps talk to."""
    tools: Mapping[DriverName, Driver] = field(default_factory=dict)
    """The drivers of the benchmarks that `driver` does not drive, by name."""
    share_evenly: EqualShares = equal_shares
    """Limits the stacks of a duet to equal halves of their CPUs."""
    check_again: BenchmarkCheck = check_benchmark_again
    """Called after a trial: a stack that fails it has no measurement."""
    probe: ConfigProbe | None = None
    """None: no stack is probed before it is measured."""
    clock: Clock = MACHINE_CLOCK
    speed_probe: SpeedProbe | None = None
    """Reads the speed of the server's CPUs in each window; None: nobody does."""
    starts_at_once: int = 1
    """Stacks that start at the same time in a round. More would wait for each other's CPUs, and the
    time of a start is a figure: only where it is not kept."""

    def driver_of(self, benchmark: Benchmark) -> Driver:
        return self.driver if benchmark.driver == ENGINE else self.tools[benchmark.driver]
