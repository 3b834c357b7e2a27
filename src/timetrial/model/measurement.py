"""Results of trials: measurements, or failures, and the lives of the processes behind them.

Times named `…_ns` are readings of CLOCK_MONOTONIC on the measuring machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from timetrial.model.common_start import CommonStart
from timetrial.model.held_connections import HeldConnections
from timetrial.model.load_tool_report import ToolFigures
from timetrial.model.service import ServiceUse
from timetrial.model.speed import ProbeRefusal, Speed
from timetrial.model.streams import StreamsBeside, WindowStreams
from timetrial.model.transport import Http2Facts, TlsHandshakes
from timetrial.model.trial import Cell, Trial

Phase = Literal["install", "start", "answer", "warm-up", "measure", "stop", "declared"]
"""The phase of a failure; 'declared': the manifest declares it, and nothing was tried."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The outcome of every request that was due inside a window; the parts add up to `arrivals`.

    A part is None where the load generator does not count it separately: then the known parts
    may add up to less than `arrivals`.
    """

    arrivals: int = 0
    ok: int = 0
    wrong_status: int = 0
    wrong_body: int | None = 0
    wrong_order: int | None = 0
    """The answer to another request, recognized by its token."""
    connect_failed: int = 0
    reset: int | None = 0
    closed_early: int | None = 0
    malformed: int | None = 0
    timeout: int = 0
    censored: int | None = 0
    """Unanswered when the measurement ended."""

    @property
    def failed(self) -> int:
        """Requests without a correct response."""
        return self.arrivals - self.ok

    @property
    def unanswered(self) -> int:
        """Requests whose response time is only known to exceed the time waited."""
        return self.timeout + (self.censored or 0)


@dataclass(frozen=True, slots=True)
class StepResult:
    """The outcome of one step of the workload inside a window."""

    counts: Counts
    response_time: str
    """Histogram, encoded as that of a window."""


@dataclass(frozen=True, slots=True)
class Window:
    """Load on one stack: lead-in, the window itself, then drain until nothing is in flight."""

    index: int
    """Position in the round's benchmark, over all stacks, counted from 0."""
    started_ns: int
    """Start of the lead-in."""
    opened_ns: int
    closed_ns: int
    drained_ns: int
    counts: Counts
    """Of the requests that were due between opening and closing."""
    completions: int
    """Correct responses between opening and closing: throughput counts these."""
    completions_overall: int
    """Correct responses from the start of the lead-in to the end of the drain."""
    response_time: str
    """Histogram of the requests that were due inside the window, failed ones at their elapsed
    time: base64 of HdrHistogram's V2 encoding."""
    server_cpu_s: float | None
    """CPU time of the server's process tree from `started_ns` to `drained_ns`; it served
    `completions_overall`. None if a process of the tree started or ended meanwhile."""
    generator_cpu_s: float
    """CPU time of the load engine's threads between opening and closing; where several stacks are
    loaded at once, for all of them."""
    generator_threads: int
    connections_reached: int | None
    """The most connections that were open at once; this one and the next two: None where the load
    generator does not report it."""
    connects: int | None
    """Connections that were opened from `started_ns` to `drained_ns`."""
    bytes_received: int | None
    """Between opening and closing, heads and bodies."""
    steps: tuple[StepResult, ...] = ()
    """For each step of the workload, where it has several."""
    iteration_time: str = ""
    """Histogram of the time of users from the first request to the last response; '' without
    users."""
    connect_time: str = ""
    """Histogram of the `connects`, from the call to the established connection; '' for none."""
    lateness: str = ""
    """Histogram of the engine's own delay against its schedule; '' without a schedule."""
    tool: ToolFigures | None = None
    """The load tool, if it was not the engine."""
    generator_wait_s: float | None = None
    """Time between opening and closing in which the generator's threads were ready to run, but did
    not; None, as the next two, where the kernel does not report it."""
    server_wait_s: float | None = None
    """The same of all threads of the server's process tree, from `started_ns` to `drained_ns`:
    workers that share a CPU wait for each other, too."""
    foreign_cpu_s: float | None = None
    """CPU time of other processes on the server's CPUs, in the same span."""
    generator_gap_s: float | None = None
    """The longest time from `started_ns` to `drained_ns` for which a thread of the generator did
    not run, although it could have: it was stopped, or had no CPU. None where it is not watched."""
    series: tuple[int, ...] = ()
    """Correct responses of each whole tenth of a second between opening and closing; empty for
    windows that are shorter than a second."""
    statuses: Mapping[int, int] = field(default_factory=dict)
    """Responses by status, where some had a wrong one; empty elsewhere."""
    speed: Speed | None = None
    """What the speed probe read from before the lead-in to after the drain; None without one."""
    held: HeldConnections | None = None
    """None for other loads than that of idle connections."""
    compressing: int | None = None
    """WebSockets on which compression was agreed, of `connects`; None: it was not offered."""
    streams: WindowStreams | None = None
    """None where responses are no streams."""
    beside: StreamsBeside | None = None
    """None where no streams were held meanwhile."""
    tls: TlsHandshakes | None = None
    """None without TLS, and where no connection was opened."""
    http2: Http2Facts | None = None
    """None for other protocols."""

    @property
    def length_s(self) -> float:
        return (self.closed_ns - self.opened_ns) / 1e9


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of a process tree in bytes.

    Own pages by proportional share (PSS of anonymous and shared memory), file pages counted once
    for the tree however many of its, or other stacks', processes map them.
    """

    anonymous_bytes: int
    file_bytes: int

    @property
    def total_bytes(self) -> int:
        return self.anonymous_bytes + self.file_bytes


@dataclass(frozen=True, slots=True, order=True)
class ProcessStamp:
    """One process, distinguished from a later one with the same number."""

    pid: int
    started_ticks: int
    """Field 22 of /proc/PID/stat: clock ticks after boot."""


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """CPU use of one process of the server's tree in the windows of a trial, lead-in and drain
    included.
    """

    process: ProcessStamp
    cpu_s: float
    cpus: tuple[int, ...] = ()
    """CPUs that its threads may run on, read after the last window; empty: the process had ended
    by then."""


@dataclass(frozen=True, slots=True)
class MachineConditions:
    """The state of the machine in the windows of one trial, lead-in and drain included.

    Figures are sums over the windows; None where the kernel does not report them.
    """

    passed_s: float
    server_cpus: tuple[int, ...]
    """CPUs that were assigned to the server."""
    measured_cpus: int
    """Number of CPUs of server and generator together."""
    steal_s: float | None = None
    """CPU time of those CPUs that the hypervisor gave to others."""
    throttled_s: float | None = None
    """Time in which the control group was throttled, because it had used up its CPU quota."""
    memory_pressure_s: float | None = None
    """Time in which some process of the machine waited for memory …"""
    io_pressure_s: float | None = None
    """… and for disks."""
    clock_source: str = ""
    """The kernel's clock source, for example 'tsc'; '' where it is unknown."""
    probe_refusal: ProbeRefusal | None = None
    """Why there are no readings of a speed probe that was asked for."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """The result of one trial."""

    trial: Trial
    windows: tuple[Window, ...]
    memory: Memory
    """At the end of the trial, when the stack was idle again."""
    processes_before: tuple[ProcessStamp, ...]
    """The server's process tree before the benchmark's first window, ordered."""
    processes_after: tuple[ProcessStamp, ...]
    """… and after its last one."""
    services: tuple[ServiceUse, ...] = field(default=())
    uses: tuple[ProcessUse, ...] = field(default=())
    """Of the processes in `processes_before`, ordered."""
    surroundings: MachineConditions | None = None
    log_bytes: int | None = None
    """Bytes that the server wrote to its standard output and error in the windows."""
    log_line: str = ""
    """A line of the kind that most of those are; '' for none, and where it is unknown."""
    equal_shares: bool | None = None
    """Whether the stacks of a duet were limited to equal halves of their CPUs; None: no duet."""
    by_worker: tuple[int, ...] = ()
    """Open connections of each process that had some, the largest number first, and 0 for workers
    without; empty where they were not counted."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a stack has no measurement in a round; without a benchmark: in none of them."""

    round: int
    stack: str
    benchmark: str | None
    phase: Phase
    reason: str
    """One sentence."""
    log_tail: str
    """The last lines that the server wrote."""
    blameless: bool = False
    """Whether something outside ended the server, so that this says nothing of it."""
    body_differs: bool = False
    """Whether nothing but the body of a response was other than expected."""

    def concerns(self, cell: Cell) -> bool:
        return self.stack == cell.stack and self.benchmark in (None, cell.benchmark)


@dataclass(frozen=True, slots=True)
class StackLife:
    """One fresh start of a stack, from start to stop."""

    round: int
    stack: str
    command: tuple[str, ...]
    started_ns: int
    ready_ns: int
    """The first correct response."""
    stopped_ns: int
    processes: tuple[ProcessStamp, ...]
    """The tree just before the stop was requested, ordered."""
    stop_signal: Literal["TERM", "KILL"]
    """The signal that ended it."""
    exit_code: int | None
    """Of the main process, negative for a signal."""
    warnings: tuple[str, ...] = field(default=())
    warm_up: tuple[WarmUpSeries, ...] = field(default=())
    """A series for each benchmark, in the order of their shares."""
    common: CommonStart | None = None
    """What it had in common with other versions of its server; None for other stacks."""


@dataclass(frozen=True, slots=True)
class WarmUpSeries:
    """One benchmark's share of a warm-up; the tuples have an entry for each stretch, in order."""

    benchmark: str
    wait_s: float
    """Time that its app waits by design."""
    lengths_s: tuple[float, ...]
    completions: tuple[int, ...]
    server_cpu_s: tuple[float | None, ...]
    """CPU time of the server's process tree; None where a process ended meanwhile."""

    @property
    def length_s(self) -> float:
        return sum(self.lengths_s)
