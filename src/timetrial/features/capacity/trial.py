"""One trial of a search for a capacity: so many requests a second for so long."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from timetrial.model import Counts

Phase = Literal["double", "adapt", "bisect", "confirm"]
"""Bisecting and confirming are phases of searches of before."""
Verdict = Literal["kept", "missed", "void"]
"""Void: the load generator was the cause, so the trial does not judge the server."""


class CauseKind(StrEnum):
    """What made a trial miss the objective, or void."""

    PERCENTILE = "percentile"
    """Response time was at its limit: `value` ns at the quantile `q`."""
    QUEUE_GREW = "queue-grew"
    """The share `value` of the requests was not answered in time."""
    ERRORS = "errors"
    """The share `value` of the requests had no correct response."""
    SERVER_DIED = "server-died"
    NOTHING_DUE = "nothing-due"
    GENERATOR_LATE = "generator-late"
    """The load generator sent `value` ns late at the quantile `q`."""
    GENERATOR_WAITED = "generator-waited"
    """The load generator waited for its CPU for the share `value` of its time."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a trial missed the objective, or is void."""

    kind: CauseKind
    value: float = 0.0
    """In the kind's unit; 0, as `q`, where it has none."""
    q: float = 0.0
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class PlannedTrial:
    """The trial to take next."""

    phase: Phase
    block: int
    """Trials of one block follow each other on one start of the server: those that double the
    rate are block 0, each later one has a start of its own."""
    rate_per_s: float
    length_s: float
    """Of the window, without the lead-in."""


@dataclass(frozen=True, slots=True)
class CapacityTrial:
    """The result of one trial."""

    number: int
    """Counted from 1."""
    ask: PlannedTrial
    verdict: Verdict
    causes: tuple[Cause, ...]
    """Why it missed the objective, or is void; empty if it kept the objective."""
    counts: Counts
    """Of the requests that were due inside the window."""
    completions: int
    """Correct responses inside the window."""
    length_s: float
    """Of the window, as it was."""
    response_time: str
    """Histogram from the moment at which a request was due: base64 of HdrHistogram's V2
    encoding."""
    lateness_p99_ns: int | None
    """How late the load generator itself sent; None where it sent nothing."""
    generator_busy: float
    """CPU time of its threads, as a share of the time they had, 0 to 1."""
    connections: int
    """The most that were open at once."""
    recovered_s: float
    """Seconds after the trial until the server answered in time again."""
    server_cpu_s: float | None = None
    """From the begin of the lead-in until the drain ended; None where it is unknown."""
    answered_overall: int = 0
    """Correct responses in that span."""
