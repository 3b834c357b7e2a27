"""What all experiments on one stack say together: how it starts, stops, reloads, loses a worker."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from timetrial.model.experiment import ExperimentFailure


@dataclass(frozen=True, slots=True)
class Spread:
    """In the unit of the figure."""

    median: float
    low: float
    high: float
    repeats: int

    @classmethod
    def of(cls, figures: Iterable[float | None]) -> Spread | None:
        """Leave out what is not known; None where nothing is."""
        known = sorted(figure for figure in figures if figure is not None)
        if not known:
            return None
        return cls(statistics.median(known), known[0], known[-1], len(known))


Figures = Literal["start", "stop", "reload", "worker"]
"""Which figures: the start time, or those of SIGTERM, of a reload, of a killed worker."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Repeats in which the machine was disturbed."""

    figures: Figures
    disturbed: int
    """How many of the `repeats` that was so."""
    repeats: int
    left_out: int
    """All of the disturbed where others remain, or else none: then the figures are doubtful."""
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
    """Those of them that were under way when the signal came."""
    exit_s: Spread | None
    """None: it never ended by itself."""
    killed: int
    """How often it had to be killed, of `repeats`."""
    repeats: int
    exit_codes: tuple[int, ...]
    """All that came up."""
    left: int
    """The most processes that lived on after the main one."""
    in_flight: float
    """Requests under way at a time, median."""


@dataclass(frozen=True, slots=True)
class ReloadFigures:
    """A reload under load."""

    signal: str
    lost: Spread
    """Requests, refused ones included: the server was to be there all the time."""
    outage_s: Spread
    took_s: Spread | None
    """None: the old workers never went while it was watched."""
    ended: int
    """How often the whole server ended, of `repeats`."""
    unchanged: int
    """How often no worker was replaced, of `repeats`."""
    repeats: int


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    """A killed worker."""

    alone: bool
    """There is no worker that could be killed: the main process serves alone."""
    lost: Spread | None
    """Requests, refused ones included, while the server lived; None where it ended each time."""
    outage_s: Spread | None
    back_s: Spread | None
    """None: nothing came back."""
    back: int
    """How often a new worker came, of `repeats`."""
    ended: int
    """How often the whole server ended, of `repeats`."""
    repeats: int
    exit_codes: tuple[int, ...]
    """With which it ended."""
    busiest: Spread | None
    """Share of the worker that served most (0 to 1)."""
    busiest_by: str
    """What that is a share of: 'requests' or 'CPU time'."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """One stack; what was not tried, or never worked, is None."""

    stack: str
    workers: int
    rate_per_s: float | None
    """Of the load under which things happened."""
    startup_s: Spread | None
    rest_bytes: Spread | None
    """A worker: of the whole tree, divided by the workers."""
    loaded_bytes: Spread | None
    stop: StopFigures | None
    reload: ReloadFigures | None
    worker: WorkerFigures | None
    setbacks: tuple[ExperimentFailure, ...]
    doubts: tuple[Doubt, ...] = ()
    """Where the machine was disturbed. Times and requests lost are of the other repeats, if there
    are any; what a server did or did not do counts whatever the machine was like."""


@dataclass(frozen=True, slots=True)
class Life:
    """One stack: its figures, and what an operator has to know of it."""

    portrait: Portrait
    remarks: tuple[str, ...]
