"""What one experiment on one fresh start of a stack has shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.model.event_outcome import EventOutcome
from timetrial.model.machine_interval import MachineInterval
from timetrial.model.measurement import Memory

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
    """A start as it is measured, its memory, and SIGTERM for the main process under load."""

    occasion: Occasion
    startup_s: float
    """From the start of the command to the first correct response, with a warm file cache."""
    at_rest: Memory | None
    """Of the whole tree, once it had answered and was idle; None where it cannot be read."""
    after_load: Memory | None
    """Of the whole tree, idle again after `requests` correct responses."""
    requests: int
    outcome: EventOutcome
    exit_s: float | None
    """From the signal to the end of the main process; None: it had to be killed."""
    exit_code: int | None
    """Of the main process, negative for a signal; None: it had to be killed, or nobody saw it."""
    left: int
    """Processes that lived on after the main process."""
    kind: Literal["stopping"] = "stopping"
    at_start: MachineInterval | None = None
    """From before the start to the first correct response; None: not looked at."""
    machine_interval: MachineInterval | None = None
    """From a second before the signal to the end of the last process, while it was watched."""


@dataclass(frozen=True, slots=True)
class Reloading:
    """The reload signal for the main process under load."""

    occasion: Occasion
    signal: str
    outcome: EventOutcome
    workers: int
    """Processes that had served before."""
    replaced: int
    """Those of them that ended."""
    came: int
    """Processes that served and had not been there before."""
    took_s: float | None
    """Until the last of those that had served before had ended; None: not while it was watched."""
    ended: bool
    """Whether the whole server ended."""
    exit_code: int | None
    kind: Literal["reloading"] = "reloading"
    machine_interval: MachineInterval | None = None
    """From a second before it happened to the end of the load; None: not looked at."""


@dataclass(frozen=True, slots=True)
class WorkerKilled:
    """SIGKILL for the worker that had served most, under load over new connections."""

    occasion: Occasion
    outcome: EventOutcome | None
    """None where nothing was killed: the only process that serves is the main one."""
    served: tuple[int, ...]
    """Requests that each worker had served before, the most first; empty where no wrapper can
    stand around the app."""
    cpu_s: tuple[float, ...]
    """CPU time that each process had used for them, the most first; the main process is left out
    where others serve."""
    back_s: float | None
    """Until a process that had not been there before had served a request; where no wrapper can
    stand around the app, until it was there. None: not while it was watched."""
    ended: bool
    """Whether the whole server ended."""
    exit_code: int | None
    kind: Literal["worker-killed"] = "worker-killed"
    machine_interval: MachineInterval | None = None
    """From a second before it happened to the end of the load; None: not looked at."""


@dataclass(frozen=True, slots=True)
class ExperimentFailure:
    """An experiment that could not be held."""

    occasion: Occasion
    reason: str
    """One sentence."""
    log_tail: str
    """The last lines that the server wrote."""
    kind: Literal["failed"] = "failed"


Experiment = Stopping | Reloading | WorkerKilled | ExperimentFailure
