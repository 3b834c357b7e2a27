"""What is to be measured: stacks, the benchmarks they are put to, and how long.

A draft may ask for shares of capacities that nobody knows yet; of a suite all is known.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal, Self

from timetrial.model.load import CapacityShareLoad, Load, OpenLoad
from timetrial.model.load_tool_report import ENGINE, DriverName
from timetrial.model.race_info import RaceInfo
from timetrial.model.service import Service
from timetrial.model.stop_rule import StopRule
from timetrial.model.trial import Cell
from timetrial.model.workload import Interface, Workload

Quantity = Literal["connections", "listen_queue", "response_s", "idle_s"]
"""Connections that are served at a time, those that wait to be accepted, how long a response may
take, and how long a connection may lie idle, in seconds."""


@dataclass(frozen=True, slots=True)
class ServerLimit:
    """One bound of one stack, as it is configured."""

    of: Quantity
    at_most: float
    """Of the whole stack: connections, or seconds."""
    what: str
    """In words, without a full stop."""


When = Literal["always", "pipelining"]


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A reason for which a server is not started, unless somebody wants to see it fail."""

    when: When
    """Under every load, or where a connection has several requests under way."""
    reason: str


Mode = Literal["alternate", "whole", "duet"]
"""Short windows in balanced order, for figures of capacity; or whole trials of some seconds in
random order, for what takes time to show: queues of an open load, users who think; or short
windows in which two stacks are loaded at once, for the ratio of what is much alike."""


@dataclass(frozen=True, slots=True)
class Stack:
    """App, server and settings: the system under test. Its packages are in the catalog."""

    name: str
    """Unique within a suite; the server's name where nothing else tells stacks apart."""
    server: str
    app: str
    interface: Interface
    workers: int
    """Processes that serve."""
    threads: int
    """Threads a process, for servers that have them; 1 elsewhere."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables on top of the app's, with the same placeholders."""
    limits: tuple[ServerLimit, ...] = ()
    """What its server can take, with these settings."""
    known_failures: tuple[KnownFailure, ...] = ()
    """What its server is known not to do."""
    control_of: str | None = None
    """The stack whose twin this is, for an A/A comparison; it has no row of its own."""
    differs: str = ""
    """In what its answers differ from those of the other stacks; '' where nobody has found that."""
    requirements: tuple[str, ...] = ()
    """Packages in versions of their own, as 'granian==2.8.5', in place of the usual ones."""
    python: str | None = None
    """The path of the interpreter that it runs on; None: the one that all have."""

    def known_failure_in(self, benchmark: Benchmark) -> KnownFailure | None:
        """Find the fault that keeps the stack out of a benchmark."""
        pipelines = benchmark.load.pipeline > 1
        return next((f for f in self.known_failures if f.when == "always" or pipelines), None)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Stacks that share a workload and a load, and take turns."""

    name: str
    workload: Workload
    load: Load
    """Of a draft's benchmark it may be a share that has no rate yet."""
    stacks: tuple[str, ...]
    """Names of the stacks that take part."""
    window_s: float
    lead_in_s: float
    """Load that is driven before a window opens, and not recorded."""
    windows: int
    """Windows a stack and round; in mode 'alternate' an even number, so that each order meets its
    reversal; in mode 'duet' windows a pair and round."""
    mode: Mode = "alternate"
    driver: DriverName = ENGINE
    """What drives the load."""
    together: bool = False
    """In mode 'whole', for what waits: all stacks are driven at once, a share of the wait apart."""
    control: bool = True
    """Whether the twin takes part, if the suite has one."""

    @property
    def takes_turns(self) -> bool:
        """Whether one stack at a time is loaded."""
        return self.mode != "duet" and not self.together

    @property
    def base_name(self) -> str:
        """The name without the driver's: the same for benchmarks that only the driver tells
        apart.
        """
        return self.name.removesuffix(f"@{self.driver}")


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Load on a fresh stack that is thrown away: the first of two limits, but at least a while."""

    requests: int = 2_000
    at_most_s: float = 5.0
    at_least_s: float = 0.5


@dataclass(frozen=True, slots=True)
class DraftSuite:
    """A wish: which stacks, in which benchmarks, how often started afresh.

    Rates of its loads, and versions of its services, may be yet to be found.
    """

    name: str
    title: str
    stacks: tuple[Stack, ...]
    benchmarks: tuple[Benchmark, ...]
    rounds: int
    warm_up: WarmUp
    profile: str = "fair"
    """Which of the suite's sets of loads this is."""
    notes: tuple[str, ...] = ()
    """In what it differs from how it was published, a sentence each."""
    services: tuple[Service, ...] = field(default=())
    """What the app of these benchmarks talks to, in the order of their starts."""
    try_broken: bool = False
    """Whether servers that are known to be broken are started all the same."""
    control: str | None = None
    """The stack whose twin is to take part as control; see `control.controlled`."""
    stop_rule: StopRule | None = None
    """What may end the run before all rounds are done."""
    race_info: RaceInfo | None = None
    """What a race is about; None for every other suite."""

    def stack(self, name: str) -> Stack:
        return next(stack for stack in self.stacks if stack.name == name)

    def benchmark(self, name: str) -> Benchmark:
        return next(benchmark for benchmark in self.benchmarks if benchmark.name == name)

    def known_failure(self, cell: Cell) -> KnownFailure | None:
        """Find what is known to keep a stack from a benchmark."""
        return self.stack(cell.stack).known_failure_in(self.benchmark(cell.benchmark))

    def skips(self, stack: Stack) -> bool:
        """Whether a stack is in no benchmark but those that it is known not to stand."""
        own = [benchmark for benchmark in self.benchmarks if stack.name in benchmark.stacks]
        return not self.try_broken and all(stack.known_failure_in(benchmark) for benchmark in own)

    def holding(self, benchmarks: tuple[Benchmark, ...], notes: Iterable[str] = ()) -> Self:
        """Return it with these benchmarks, the stacks that take part in them, and further notes."""
        taking_part = {name for benchmark in benchmarks for name in benchmark.stacks}
        return replace(
            self,
            stacks=tuple(stack for stack in self.stacks if stack.name in taking_part),
            benchmarks=benchmarks,
            notes=(*self.notes, *notes),
        )

    def only(self, stacks: Container[str]) -> Self:
        """Return it with these stacks, and the benchmarks in which one of them takes part."""
        benchmarks = (
            replace(benchmark, stacks=tuple(name for name in benchmark.stacks if name in stacks))
            for benchmark in self.benchmarks
        )
        return self.holding(tuple(benchmark for benchmark in benchmarks if benchmark.stacks))

    def at(self, rates: Mapping[str, OpenLoad], notes: Iterable[str] = ()) -> Suite:
        """Return the suite with these rates, by benchmark; what still has none then is left out."""
        benchmarks = (
            replace(benchmark, load=rates.get(benchmark.name, benchmark.load))
            for benchmark in self.benchmarks
        )
        known = (
            benchmark
            for benchmark in benchmarks
            if not isinstance(benchmark.load, CapacityShareLoad)
        )
        held = self.holding(tuple(known), notes)
        return Suite(**{each.name: getattr(held, each.name) for each in fields(held)})


@dataclass(frozen=True, slots=True)
class Suite(DraftSuite):
    """Which stacks, in which benchmarks, how often started afresh: all rates are known."""
