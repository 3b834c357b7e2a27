"""What is to be measured: stacks, their benchmarks, and how long.

A draft may request shares of capacities that are unknown yet; a suite has all its rates.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal, Self

from timetrial.model.load import CapacityShareLoad, Load, OpenLoad
from timetrial.model.load_tool_report import ENGINE, DriverName
from timetrial.model.race_info import RaceInfo
from timetrial.model.secret import SecretReference
from timetrial.model.service import Service
from timetrial.model.stop_rule import SoundRounds, StopRule
from timetrial.model.transport import Carrier, Transport
from timetrial.model.trial import Cell
from timetrial.model.workload import Interface, Workload

Quantity = Literal["connections", "listen_queue", "response_s", "idle_s"]
"""Connections that are served at a time, those that wait to be accepted, how long a response may
take, and how long a connection may lie idle, in seconds."""


@dataclass(frozen=True, slots=True)
class ServerLimit:
    """A known limit of one stack, as it is configured."""

    of: Quantity
    at_most: float
    """Limit of the whole stack: connections, or seconds."""
    what: str
    """Description, without a full stop."""


When = Literal["always", "pipelining", "websocket", "streaming", "http2", "h2c", "tls"]
Protocol = Literal["websocket", "http2", "h2c", "streaming", "tls", "unix_socket"]
"""What a server may speak beside HTTP/1.1 over TCP."""


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A failure declared by a manifest: the server is not started, unless a user requests it."""

    when: When
    """Under every load, where a connection has several requests in flight, or over a protocol."""
    reason: str


Mode = Literal["alternate", "whole", "duet"]
"""Short windows in balanced order, for figures of capacity; or whole trials of some seconds in
random order, for slow effects: queues of an open load, users with think times; or short windows
in which two stacks are loaded at once, for the ratio of similar stacks."""


@dataclass(frozen=True, slots=True)
class Stack:
    """App, server and settings: the system under test. Its packages are in the catalog."""

    name: str
    """Unique within a suite; the server's name where that is unique."""
    server: str
    app: str
    interface: Interface
    workers: int
    """Processes that serve."""
    threads: int
    """Threads a process, for servers that have them; 1 elsewhere."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables in addition to the app's, with the same placeholders."""
    limits: tuple[ServerLimit, ...] = ()
    """Limits of its server with these settings."""
    known_failures: tuple[KnownFailure, ...] = ()
    """Failures that its server's manifest declares."""
    control_of: str | None = None
    """The stack of which this is the A/A control; a control has no row of its own."""
    differs: str = ""
    """How its answers differ from those of the other stacks; '' where no difference was found."""
    differs_from: tuple[str, ...] = ()
    """Those with other answers, where no majority says which are right; empty where one does."""
    requirements: tuple[str, ...] = ()
    """Packages in chosen versions, for example 'granian==2.8.5', instead of the pinned ones."""
    python: str | None = None
    """The path of its interpreter; None: the common one."""
    secrets: tuple[SecretReference, ...] = ()
    """Variables of `env` whose values the store does not hold."""
    protocols: tuple[Protocol, ...] = ()
    """What its server has to speak beside HTTP/1.1: it is switched on at the start."""

    @property
    def is_encrypted(self) -> bool:
        """Whether its server speaks TLS alone."""
        return "tls" in self.protocols or "http2" in self.protocols

    def known_failure_in(self, benchmark: Benchmark) -> KnownFailure | None:
        """Find the known failure that excludes the stack from a benchmark."""
        applies: dict[When, bool] = {
            "always": True,
            "pipelining": benchmark.pipelines,
            "websocket": benchmark.workload.has_messages,
            "streaming": benchmark.has_streams,
            "http2": benchmark.is_over("http2"),
            "h2c": benchmark.is_over("h2c"),
            "tls": benchmark.is_over("tls"),
        }
        return next((failure for failure in self.known_failures if applies[failure.when]), None)


@dataclass(frozen=True, slots=True)
class HeldStreams:
    """Streams that each stack holds while its requests are measured, each on its connection."""

    workload: Workload
    """Its only step is a stream; when one ends, the next begins."""
    streams: int


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Stacks that take turns under one workload and load."""

    name: str
    workload: Workload
    load: Load
    """In a draft it may be a share of capacity without a rate yet."""
    stacks: tuple[str, ...]
    """Names of the stacks that take part."""
    window_s: float
    lead_in_s: float
    """Unrecorded load before a window opens."""
    windows: int
    """Windows of each stack in a round; in mode 'alternate' an even number, so that each order is
    followed by its reversal; in mode 'duet' windows of each pair in a round."""
    mode: Mode = "alternate"
    driver: DriverName = ENGINE
    """The load generator."""
    together: bool = False
    """In mode 'whole', for apps that wait: drive all stacks at once, a share of the wait apart."""
    control: bool = True
    """Whether the A/A control takes part, if the suite has one."""
    beside: HeldStreams | None = None
    """What is held meanwhile, in mode 'whole'; None: nothing."""

    @property
    def has_streams(self) -> bool:
        """Whether the server has to stream: responses, or what it holds meanwhile."""
        return self.workload.has_streams or self.beside is not None

    transport: Transport | None = None
    """What carries its requests; None: HTTP/1.1 over TCP."""

    @property
    def pipelines(self) -> bool:
        """Whether requests of HTTP/1.1 are sent before earlier ones are answered."""
        return self.load.pipeline > 1 and not self.is_http2

    @property
    def is_http2(self) -> bool:
        """Whether requests in flight on one connection are its streams."""
        return self.transport is not None and self.transport.is_http2

    def is_over(self, carrier: Carrier) -> bool:
        return self.transport is not None and self.transport.protocol == carrier

    @property
    def load_text(self) -> str:
        """The load, and what carries it where that is not HTTP/1.1 over TCP."""
        return str(self.load) if self.transport is None else f"{self.load}, {self.transport}"

    @property
    def takes_turns(self) -> bool:
        """Whether one stack at a time is loaded."""
        return self.mode != "duet" and not self.together

    @property
    def base_name(self) -> str:
        """The name without the driver's: the same for benchmarks that differ in the driver
        alone.
        """
        return self.name.removesuffix(f"@{self.driver}")


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Discarded load on a fresh stack, up to the first of two limits, and for a minimum time."""

    requests: int = 2_000
    at_most_s: float = 5.0
    at_least_s: float = 0.5


@dataclass(frozen=True, slots=True)
class DraftSuite:
    """A suite that may be incomplete: stacks, benchmarks, and the number of rounds.

    Rates of its loads, and versions of its services, may be unknown yet.
    """

    name: str
    title: str
    stacks: tuple[Stack, ...]
    benchmarks: tuple[Benchmark, ...]
    rounds: int
    warm_up: WarmUp
    profile: str = "fair"
    """Name of the chosen set of loads."""
    notes: tuple[str, ...] = ()
    """Differences from the published suite, a sentence each."""
    services: tuple[Service, ...] = field(default=())
    """Services of the apps of these benchmarks, in the order of their starts."""
    try_broken: bool = False
    """Whether servers with known failures are started all the same."""
    control: str | None = None
    """The stack that gets an A/A control; see `aa_control.controlled`."""
    stop_rule: StopRule | None = None
    """Rule that may end the run before all rounds are done."""
    race_info: RaceInfo | None = None
    """Subject of a race; None for other suites."""
    secrets: tuple[SecretReference, ...] = ()
    """Variables of apps and servers, URLs and settings of services, whose values no record
    holds."""
    own_app: bool = False
    """Whether the app is the user's own, outside a race: what may differ is named by --dynamic."""

    @property
    def is_of_own_app(self) -> bool:
        """Whether the app is the user's own: as in a race, or in a search of settings."""
        return self.own_app or self.race_info is not None

    @property
    def planned_rounds(self) -> int:
        """Return the number of rounds without those in reserve."""
        return self.stop_rule.rounds if isinstance(self.stop_rule, SoundRounds) else self.rounds

    def stack(self, name: str) -> Stack:
        return next(stack for stack in self.stacks if stack.name == name)

    def benchmark(self, name: str) -> Benchmark:
        return next(benchmark for benchmark in self.benchmarks if benchmark.name == name)

    def known_failure(self, cell: Cell) -> KnownFailure | None:
        """Find the known failure that excludes a stack from a benchmark."""
        return self.stack(cell.stack).known_failure_in(self.benchmark(cell.benchmark))

    def skips(self, stack: Stack) -> bool:
        """Return whether known failures exclude a stack from all its benchmarks."""
        return not self.try_broken and all(
            stack.known_failure_in(benchmark)
            for benchmark in self.benchmarks
            if stack.name in benchmark.stacks
        )

    def holding(self, benchmarks: tuple[Benchmark, ...], notes: Iterable[str] = ()) -> Self:
        """Return the suite with these benchmarks, their stacks, and further notes."""
        taking_part = {name for benchmark in benchmarks for name in benchmark.stacks}
        return replace(
            self,
            stacks=tuple(stack for stack in self.stacks if stack.name in taking_part),
            benchmarks=benchmarks,
            notes=(*self.notes, *notes),
        )

    def only(self, stacks: Container[str]) -> Self:
        """Return the suite with these stacks, and the benchmarks of at least one of them."""
        benchmarks = (
            replace(benchmark, stacks=tuple(name for name in benchmark.stacks if name in stacks))
            for benchmark in self.benchmarks
        )
        return self.holding(tuple(benchmark for benchmark in benchmarks if benchmark.stacks))

    def at(self, rates: Mapping[str, OpenLoad], notes: Iterable[str] = ()) -> Suite:
        """Return the suite with these rates, by benchmark, without benchmarks that have no rate."""
        benchmarks = (
            replace(benchmark, load=rates.get(benchmark.name, benchmark.load))
            for benchmark in self.benchmarks
        )
        with_rates = (
            benchmark
            for benchmark in benchmarks
            if not isinstance(benchmark.load, CapacityShareLoad)
        )
        complete = self.holding(tuple(with_rates), notes)
        return Suite(**{part.name: getattr(complete, part.name) for part in fields(complete)})


@dataclass(frozen=True, slots=True)
class Suite(DraftSuite):
    """Stacks, benchmarks and the number of rounds, with all rates known."""
