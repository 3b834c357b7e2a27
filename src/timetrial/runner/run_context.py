"""What a run works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from timetrial.drivers.driver import Driver, DuetDriver
from timetrial.machine.clock import MACHINE_CLOCK, Clock
from timetrial.machine.cpu_groups import EqualShares, equal_shares
from timetrial.model.effective_config import StackConfiguration
from timetrial.model.errors import StackFailed
from timetrial.model.events import Observer
from timetrial.model.load_tool_report import ENGINE, DriverName
from timetrial.model.suite import Benchmark, Stack
from timetrial.runner.starter import (
    BenchmarkCheck,
    Starter,
    check_benchmark,
    check_benchmark_again,
)
from timetrial.stacks.services.services import Services
from timetrial.store.store import Store

ConfigProbe = Callable[[Stack], StackConfiguration]
"""Starts a stack once more, to see what it really is; what fails is a note in what it returns."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """The store, the tools, and whoever wants to know how far it has got."""

    store: Store
    driver: DuetDriver
    """The engine: it also warms up, whatever drives then, and looks at the bodies there."""
    start: Starter
    not_installed: Mapping[str, StackFailed]
    """Stacks that have no environment, by name."""
    generator_cpus: tuple[int, ...]
    observer: Observer
    check: BenchmarkCheck = check_benchmark
    services: Services = field(default_factory=Services)
    """What the stacks' apps talk to."""
    tools: Mapping[DriverName, Driver] = field(default_factory=dict)
    """What drives those benchmarks that `driver` does not."""
    share_evenly: EqualShares = equal_shares
    """How the stacks of a duet are held to equal halves of their CPUs."""
    check_again: BenchmarkCheck = check_benchmark_again
    """After a trial: a stack that fails now has no measurement."""
    probe: ConfigProbe | None = None
    """Without it, nobody looks at the stacks before they are measured."""

    clock: Clock = MACHINE_CLOCK

    def driver_of(self, benchmark: Benchmark) -> Driver:
        return self.driver if benchmark.driver == ENGINE else self.tools[benchmark.driver]
