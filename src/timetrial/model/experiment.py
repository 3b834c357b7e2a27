"""The result of one experiment on one fresh start of a stack, and of the load meanwhile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from timetrial.model.measurement import Counts, MachineConditions, Memory

BIN_S = 0.1
EXPECTED_A_SPAN = 5
"""Arrivals expected in a silent span: with fewer, silence may be chance."""


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """An open load at a constant rate, and the moment of an event within it."""

    rate_per_s: float
    length_s: float
    """Time over which requests became due."""
    event_s: float
    """Time of the event; this and all times here are seconds since the load began."""
    counts: Counts
    """Of all requests."""
    due_before: Counts
    """Of the requests that were due before the event, to 10 ms."""
    completions: tuple[int, ...]
    """Correct responses in each tenth of a second."""
    failures: tuple[int, ...]
    """Failed requests in each tenth of a second."""
    in_flight: float | None
    """Requests in flight on average: the rate times the median response time; None where nothing
    was answered before the event."""

    @property
    def failed_before(self) -> int:
        """Requests that failed before the event."""
        return sum(self.failures[: self._event_bin])

    @property
    def refused(self) -> int:
        """Requests without a connection: never sent, and safe to send again."""
        return self.counts.connect_failed

    @property
    def lost(self) -> int:
        """Requests sent since the event without a correct response."""
        return max(0, self.counts.failed - self.refused - self.failed_before)

    @property
    def cut_off(self) -> int:
        """Lost requests that were in flight at the event."""
        failed = self.due_before.failed - self.due_before.connect_failed
        return min(self.lost, max(0, failed - self.failed_before))

    @property
    def ignored(self) -> int:
        """Lost requests that were sent after the event, and accepted, but not answered."""
        return self.lost - self.cut_off

    @property
    def outage_s(self) -> float:
        """The longest time since the event without a single correct response.

        Its resolution is a tenth of a second, or the time in which five requests are due.
        """
        bins = max(1, math.ceil(EXPECTED_A_SPAN / (self.rate_per_s * BIN_S)))
        last = round(self.length_s / BIN_S)
        since = [*self.completions[self._event_bin : last]]
        since += [0] * (last - self._event_bin - len(since))
        spans = [since[start : start + bins] for start in range(0, len(since), bins)]
        longest = silent = 0
        for span in spans:
            silent = 0 if any(span) else silent + len(span)
            longest = max(longest, silent)
        return round(longest * BIN_S, 1)

    @property
    def _event_bin(self) -> int:
        return int(self.event_s / BIN_S)


Kind = Literal["stop", "reload", "worker"]
"""SIGTERM under load, with start and memory before it; a reload under load; a killed worker."""


@dataclass(frozen=True, slots=True, order=True)
class Occasion:
    """One experiment on one stack."""

    repeat: int
    """Counted from 1."""
    stack: str
    experiment: Kind


@dataclass(frozen=True, slots=True)
class Stopping:
    """A measured start, its memory, and SIGTERM for the main process under load."""

    occasion: Occasion
    startup_s: float
    """From the start of the command to the first correct response, with a warm file cache."""
    at_rest: Memory | None
    """Of the whole tree, idle after its first answer; None where it cannot be read."""
    after_load: Memory | None
    """Of the whole tree, idle again after `requests` correct responses."""
    requests: int
    outcome: EventOutcome
    exit_s: float | None
    """From the signal to the end of the main process; None: it had to be killed."""
    exit_code: int | None
    """Of the main process, negative for a signal; None: it had to be killed, or its end was not
    observed."""
    left: int
    """Processes that outlived the main process."""
    kind: Literal["stopping"] = "stopping"
    at_start: MachineInterval | None = None
    """From before the start to the first correct response; None: not observed."""
    machine_interval: MachineInterval | None = None
    """From a second before the signal to the end of the last process, while it was observed."""


@dataclass(frozen=True, slots=True)
class Reloading:
    """The reload signal for the main process under load."""

    occasion: Occasion
    signal: str
    outcome: EventOutcome
    workers: int
    """Processes that had served before the signal."""
    replaced: int
    """Those of `workers` that ended."""
    came: int
    """New processes that served."""
    took_s: float | None
    """Until the last of those that had served before had ended; None: not while it was observed."""
    ended: bool
    """Whether the whole server ended."""
    exit_code: int | None
    kind: Literal["reloading"] = "reloading"
    machine_interval: MachineInterval | None = None
    """From a second before the event to the end of the load; None: not observed."""


@dataclass(frozen=True, slots=True)
class WorkerKilled:
    """SIGKILL for the worker that had served most, under load over new connections."""

    occasion: Occasion
    outcome: EventOutcome | None
    """None where nothing was killed: the only process that serves is the main one."""
    served: tuple[int, ...]
    """Requests that each worker had served before, the most first; empty where the app cannot be
    wrapped."""
    cpu_s: tuple[float, ...]
    """CPU time that each process had used for them, the most first; the main process is left out
    where others serve."""
    back_s: float | None
    """Until a new process had served a request; where the app cannot be wrapped, until the process
    existed. None: not while it was observed."""
    ended: bool
    """Whether the whole server ended."""
    exit_code: int | None
    kind: Literal["worker-killed"] = "worker-killed"
    machine_interval: MachineInterval | None = None
    """From a second before the event to the end of the load; None: not observed."""


@dataclass(frozen=True, slots=True)
class ExperimentFailure:
    """An experiment that could not be carried out."""

    occasion: Occasion
    reason: str
    """One sentence."""
    log_tail: str
    """The last lines that the server wrote."""
    kind: Literal["failed"] = "failed"


Experiment = Stopping | Reloading | WorkerKilled | ExperimentFailure


@dataclass(frozen=True, slots=True)
class MachineInterval:
    """The state of the machine during one part of an experiment."""

    machine: MachineConditions
    foreign_cpu_s: float | None
    """CPU time of other processes on the server's CPUs within `seen_s`; None: unknown."""
    seen_s: float
    """Time for which CPU time could be attributed: not while a process of the server ended."""
