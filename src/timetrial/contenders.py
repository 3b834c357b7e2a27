"""The stacks of a contest with all that is known of each, and how they compare. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from timetrial import checks
from timetrial._engine import Histogram
from timetrial.checks.history import History
from timetrial.checks.standing import Standing, standing
from timetrial.finding import Finding
from timetrial.goal import Precision
from timetrial.run import Run
from timetrial.stats import estimates, ties
from timetrial.stats.comparisons import compare, told_apart
from timetrial.stats.design import ONE_LOOK, SEVERAL_LOOKS, Design
from timetrial.stats.pairs import COMPARED, ComparedMetric, ResponseTimes, Rounds
from timetrial.stats.quantile import merged, of_rounds
from timetrial.suite import Contest, Suite
from timetrial.summary import Comparison, Estimate, Metric, Missing


@dataclass(frozen=True, slots=True)
class Contender:
    """One stack of a contest."""

    history: History
    response_times: Mapping[int, Histogram]
    """By round."""
    figures: Mapping[ComparedMetric, Estimate | Missing]
    findings: tuple[Finding, ...]
    standing: Standing

    @property
    def stack(self) -> str:
        return self.history.stack

    def quantile(self, q: float) -> Estimate | Missing:
        return _quantile(self.history, self.response_times, q)

    def takes_part(self, metric: ComparedMetric) -> bool:
        """Say whether its figure may be held against those of others."""
        if not isinstance(self.figures[metric], Estimate):
            return False
        # A generator that is at its end is in response times, too.
        needs_room = metric not in {"cpu_s_per_1000", "memory_bytes"}
        return self.standing.throughput_compares if needs_room else not self.standing.void


def contenders(run: Run, contest: Contest) -> tuple[Contender, ...]:
    """Look at every stack: by throughput, highest first; then what has none that counts."""
    return tuple(sorted((_contender(run, contest, name) for name in contest.stacks), key=_place))


def comparisons_of(
    run: Run,
    contest: Contest,
    stacks: Sequence[Contender],
    metrics: Sequence[ComparedMetric] = COMPARED,
) -> tuple[Comparison, ...]:
    """Compare all pairs of stacks in each of these metrics, as the run's goal asks."""
    rounds = {each.stack: _by_round(each) for each in stacks}
    times = {each.stack: ResponseTimes(each.response_times) for each in stacks}
    resolutions = {each.stack: _resolution(contest) for each in stacks}
    rounds_done = run.rounds_done(contest.name)
    return tuple(
        itertools.chain.from_iterable(
            compare(
                metric,
                [each.stack for each in stacks if each.takes_part(metric)],
                rounds,
                _equal_by_the_clients_shape(stacks) if metric == "throughput" else (),
                resolutions if metric == "throughput" else {},
                design=design_of(run.plan.suite),
                rounds_done=rounds_done,
                times=times,
            )
            for metric in metrics
        )
    )


def design_of(suite: Suite) -> Design:
    """Return when results are looked at: several times only where that may end the run."""
    return SEVERAL_LOOKS if isinstance(suite.goal, Precision) else ONE_LOOK


def letters_of(
    stacks: Sequence[Contender], comparisons: Sequence[Comparison]
) -> Mapping[Metric, Mapping[str, str]]:
    """Letter the stacks in each metric, the best first, provided that any verdict was possible."""
    found: dict[Metric, Mapping[str, str]] = {}
    for metric in COMPARED:
        own = [each for each in comparisons if each.metric == metric]
        if any(each.verdict != "no verdict" for each in own):
            apart = [frozenset((each.a, each.b)) for each in own if told_apart(each)]
            found[metric] = ties.letters(_best_first(stacks, metric), apart)
    return found


def _best_first(stacks: Sequence[Contender], metric: ComparedMetric) -> list[str]:
    values = {
        each.stack: figure.value
        for each in stacks
        if each.takes_part(metric) and isinstance(figure := each.figures[metric], Estimate)
    }
    return sorted(values, key=lambda name: values[name], reverse=metric == "throughput")


def _contender(run: Run, contest: Contest, stack: str) -> Contender:
    own = [m for m in run.measurements if m.trial.cell.stack == stack]
    here = [m for m in own if m.trial.cell.contest == contest.name]
    history = History(
        contest,
        stack,
        tuple(sorted(here, key=lambda m: m.trial.round)),
        tuple(m for m in own if m.trial.cell.contest != contest.name),
    )
    times = {m.trial.round: merged(m.windows) for m in history.measurements}
    findings = checks.find(history)
    figures: Mapping[ComparedMetric, Estimate | Missing] = {
        "throughput": estimates.throughput(history.measurements),
        "p50_ns": _quantile(history, times, 0.50),
        "p99_ns": _quantile(history, times, 0.99),
        "cpu_s_per_1000": estimates.cpu_s_per_1000(history.measurements),
        "memory_bytes": estimates.memory_bytes(history.measurements),
    }
    return Contender(history, times, figures, findings, standing(history.cell, findings))


def _quantile(history: History, times: Mapping[int, Histogram], q: float) -> Estimate | Missing:
    return of_rounds(list(times.values()), (window.counts for window in history.windows()), q)


def _place(contender: Contender) -> tuple[int, float, str]:
    throughput = contender.figures["throughput"]
    if isinstance(throughput, Estimate) and not contender.standing.void:
        return (0, -throughput.value, contender.stack)
    return (1 if contender.history.measurements else 2, 0.0, contender.stack)


def _by_round(contender: Contender) -> Rounds:
    return {each.trial.round: each for each in contender.history.measurements}


def _equal_by_the_clients_shape(stacks: Sequence[Contender]) -> set[frozenset[str]]:
    bound = [each.stack for each in stacks if each.standing.bound_by_client]
    return {frozenset(pair) for pair in itertools.combinations(bound, 2)}


def _resolution(contest: Contest) -> float:
    """How much of a window's throughput one wait of the app is.

    Where the app waits, responses come in volleys, one wait apart, and the lead-in may put the
    same volley just inside every window of one stack and just outside every window of another.
    """
    return contest.workload.wait_s / contest.window_s if contest.mode == "alternate" else 0.0
