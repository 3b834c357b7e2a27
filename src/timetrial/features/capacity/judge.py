"""Whether a trial kept the objective, missed it, or says nothing of the server."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from timetrial._engine import Histogram
from timetrial.analysis.checks.open_loop_lateness import LATE_FROM_NS
from timetrial.analysis.checks.thresholds import BEHIND, LATENESS
from timetrial.features.capacity.slo import Objective
from timetrial.features.capacity.trial import Cause, CauseKind, Verdict
from timetrial.model.measurement import Counts
from timetrial.model.units import NS_PER_S, seconds

_TAIL = 0.99
_WAITED = 0.10
"""From this share of its time on, a generator that waits for its CPU explains slow responses."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What a trial showed."""

    length_s: float
    counts: Counts
    """Of the requests that were due inside the window."""
    completions: int
    """Correct responses inside the window."""
    response_time: Histogram
    """From the moment at which a request was due; failed ones at their elapsed time."""
    lateness: Histogram
    """How much later than it could have the load generator itself sent."""
    generator_wait: float | None
    """How long its threads waited for a CPU, as a share of the time they had, 0 to 1; None where
    the kernel does not tell."""
    died: bool = False
    """Whether the server was gone at the end."""


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    causes: tuple[Cause, ...] = ()
    """Empty if the objective was kept."""


def judge(objective: Objective, seen: Observed) -> Judgement:
    """Judge a trial.

    One that kept the objective stands however late the load generator was: its lateness is part of
    every response time. One that missed it is void where the generator was at fault; CPU time of
    the generator tells nothing, because it polls while it waits for the next request to be due.
    """
    if seen.died:
        return Judgement("missed", (Cause(CauseKind.SERVER_DIED),))
    if not seen.counts.arrivals:
        return Judgement("void", (Cause(CauseKind.NOTHING_DUE),))
    slow, faulty = tuple(_slow(objective, seen)), tuple(_faulty(objective, seen))
    if not slow and not faulty:
        return Judgement("kept")
    fault = None if faulty else _generator_fault(seen)
    return Judgement("void", (fault,)) if fault else Judgement("missed", (*slow, *faulty))


def _slow(objective: Objective, seen: Observed) -> Iterator[Cause]:
    """Tell what the load generator may have to answer for."""
    for limit in objective.limits:
        reached_ns = seen.response_time.quantile(limit.q)
        if reached_ns >= limit.below_s * NS_PER_S:
            yield Cause(CauseKind.PERCENTILE, reached_ns, limit.q)
    behind = _behind(seen)
    if behind:
        yield Cause(CauseKind.QUEUE_GREW, behind)


def _faulty(objective: Objective, seen: Observed) -> Iterator[Cause]:
    errors = seen.counts.failed / seen.counts.arrivals
    if errors >= objective.errors_below:
        yield Cause(CauseKind.ERRORS, errors)


def _behind(seen: Observed) -> float:
    """Return what share of the requests was due and not answered by the end, if that is no chance.

    The number under way differs from begin to end by chance, too: Poisson's, three sigma.
    """
    arrivals = seen.counts.arrivals
    refused = seen.counts.failed - seen.counts.unanswered
    missing = 1 - (seen.completions + refused) / arrivals
    if BEHIND.judge(missing) is None:
        return 0.0
    in_flight = arrivals / seen.length_s * seconds(seen.response_time.mean_ns)
    chance = 3 * math.sqrt(2 * in_flight) / arrivals
    return missing if missing > chance else 0.0


def _generator_fault(seen: Observed) -> Cause | None:
    late_ns, shown_ns = seen.lateness.quantile(_TAIL), seen.response_time.quantile(_TAIL)
    if late_ns > LATE_FROM_NS and LATENESS.judge(late_ns / max(1, shown_ns)) == "invalid":
        return Cause(CauseKind.GENERATOR_LATE, late_ns, _TAIL)
    waited = seen.generator_wait or 0.0
    if waited > _WAITED:
        return Cause(CauseKind.GENERATOR_WAITED, waited)
    return None
