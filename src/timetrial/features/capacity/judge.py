"""Whether a trial kept the objective, missed it, or is void."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from timetrial._engine import Histogram
from timetrial.analysis.checks.open_loop_lateness import LATE_FROM_NS
from timetrial.analysis.checks.thresholds import BEHIND, LATENESS
from timetrial.features.capacity.slo import Objective
from timetrial.features.capacity.trial import Cause, CauseKind, Verdict
from timetrial.model import NS_PER_S, Counts, seconds

_TAIL = 0.99
_WAITED = 0.10
"""A generator that waits for its CPU for this share of its time explains slow responses."""


@dataclass(frozen=True, slots=True)
class Observed:
    """The measurements of a trial."""

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
    """Whether the server had ended by then."""


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    causes: tuple[Cause, ...] = ()
    """Empty if the objective was kept."""


def judge(objective: Objective, trial: Observed) -> Judgement:
    """Judge a trial.

    A trial that kept the objective counts however late the load generator was: its lateness is part
    of every response time. One that missed it is void where the generator was the cause. CPU time
    of the generator is no evidence, because it polls while it waits for the next request.
    """
    if trial.died:
        return Judgement("missed", (Cause(CauseKind.SERVER_DIED),))
    if not trial.counts.arrivals:
        return Judgement("void", (Cause(CauseKind.NOTHING_DUE),))
    slow, errors = tuple(_slow(objective, trial)), trial.counts.failed / trial.counts.arrivals
    if errors >= objective.errors_below:
        return Judgement("missed", (*slow, Cause(CauseKind.ERRORS, errors)))
    if not slow:
        return Judgement("kept")
    fault = _generator_fault(trial)
    return Judgement("void", (fault,)) if fault else Judgement("missed", slow)


def _slow(objective: Objective, trial: Observed) -> Iterator[Cause]:
    """List the causes for which the load generator may be responsible."""
    for limit in objective.limits:
        reached_ns = trial.response_time.quantile(limit.q)
        if reached_ns >= limit.below_s * NS_PER_S:
            yield Cause(CauseKind.PERCENTILE, reached_ns, limit.q)
    if behind := _behind(trial):
        yield Cause(CauseKind.QUEUE_GREW, behind)


def _behind(trial: Observed) -> float:
    """Return the share of requests that were due and not answered by the end, if not by chance.

    The number in flight differs between begin and end by chance, too: three sigma of Poisson's
    distribution.
    """
    arrivals = trial.counts.arrivals
    refused = trial.counts.failed - trial.counts.unanswered
    missing = 1 - (trial.completions + refused) / arrivals
    if BEHIND.judge(missing) is None:
        return 0.0
    in_flight = arrivals / trial.length_s * seconds(trial.response_time.mean_ns)
    chance = 3 * math.sqrt(2 * in_flight) / arrivals
    return missing if missing > chance else 0.0


def _generator_fault(trial: Observed) -> Cause | None:
    late_ns, shown_ns = trial.lateness.quantile(_TAIL), trial.response_time.quantile(_TAIL)
    if late_ns > LATE_FROM_NS and LATENESS.judge(late_ns / max(1, shown_ns)) == "invalid":
        return Cause(CauseKind.GENERATOR_LATE, late_ns, _TAIL)
    waited = trial.generator_wait or 0.0
    if waited > _WAITED:
        return Cause(CauseKind.GENERATOR_WAITED, waited)
    return None
