"""All experiments on one stack together: how it starts, stops, reloads and loses a worker."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from timetrial.model.experiment import ExperimentFailure


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and range over the repeats, in the unit of the figure."""

    median: float
    low: float
    high: float
    repeats: int

    @classmethod
    def of(cls, figures: Iterable[float | None]) -> Spread | None:
        """Summarize the known figures; None where there are none."""
        values = sorted(figure for figure in figures if figure is not None)
        if not values:
            return None
        return cls(statistics.median(values), values[0], values[-1], len(values))


Figures = Literal["start", "stop", "reload", "worker"]
"""Which figures: the start time, or those of SIGTERM, of a reload, of a killed worker."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Repeats in which the machine was disturbed."""

    figures: Figures
    disturbed: int
    """Disturbed repeats, of `repeats`."""
    repeats: int
    left_out: int
    """All disturbed repeats where others remain; else none, and the figures are doubtful."""
    reason: str
    """The worst of what disturbed, as a clause …"""
    times: float
    """… and how many times its threshold that was."""


@dataclass(frozen=True, slots=True)
class StopFigures:
    """SIGTERM under load."""

    lost: Spread
    """Requests."""
    cut_off: Spread
    """Lost requests that were in flight at the signal."""
    exit_s: Spread | None
    """None: the server never ended by itself."""
    killed: int
    """How often it had to be killed, of `repeats`."""
    repeats: int
    exit_codes: tuple[int, ...]
    """All that were observed."""
    left: int
    """The most processes that outlived the main one."""
    in_flight: float | None
    """Requests in flight, median; None where nothing was answered before the signal."""


@dataclass(frozen=True, slots=True)
class ReloadFigures:
    """A reload under load."""

    signal: str
    lost: Spread
    """Requests, refused ones included: the server should stay available."""
    outage_s: Spread
    took_s: Spread | None
    """None: the old workers did not end while they were observed."""
    ended: int
    """How often the whole server ended, of `repeats`."""
    unchanged: int
    """How often no worker was replaced, of `repeats`."""
    repeats: int


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    """A killed worker."""

    alone: bool
    """No worker can be killed: the main process serves alone."""
    lost: Spread | None
    """Requests, refused ones included, while the server lived; None where it ended each time."""
    outage_s: Spread | None
    back_s: Spread | None
    """None: no new worker appeared."""
    back: int
    """Repeats in which a new worker appeared, of `repeats`."""
    ended: int
    """How often the whole server ended, of `repeats`."""
    repeats: int
    exit_codes: tuple[int, ...]
    """With which the server ended."""
    busiest: Spread | None
    """Share of the worker that served most (0 to 1)."""
    busiest_by: str
    """What that is a share of: 'requests' or 'CPU time'."""


@dataclass(frozen=True, slots=True)
class StackSummary:
    """The figures of one stack; None: not tried, or never successful."""

    stack: str
    workers: int
    rate_per_s: float | None
    """Of the load during the events."""
    startup_s: Spread | None
    rest_bytes: Spread | None
    """Memory of the whole tree, divided by the workers."""
    loaded_bytes: Spread | None
    stop: StopFigures | None
    reload: ReloadFigures | None
    worker: WorkerFigures | None
    setbacks: tuple[ExperimentFailure, ...]
    doubts: tuple[Doubt, ...] = ()
    """Where the machine was disturbed. Times and lost requests then come from the other repeats, if
    there are any; events such as a server's end count in all repeats."""


@dataclass(frozen=True, slots=True)
class Life:
    """One stack: its figures, and remarks for its operator."""

    portrait: StackSummary
    remarks: tuple[str, ...]
