"""Measures a capacity: takes the trials that a search plans, one after the other."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace

from timetrial.drivers.driver import (
    Driver,
    LoadResult,
    LoadSpec,
    OnProgress,
    Progress,
    SessionConfig,
    Target,
)
from timetrial.features.capacity.capacity import Death, Ending, SearchRecord
from timetrial.features.capacity.capacity_target import CapacityTarget
from timetrial.features.capacity.events import (
    CapacityObserver,
    Expected,
    Recovering,
    Starting,
    TrialBegins,
    TrialEnds,
    TrialProceeds,
)
from timetrial.features.capacity.judge import Observed, judge
from timetrial.features.capacity.plan import SHORTEST_S, SearchPlan
from timetrial.features.capacity.search import Answer, Search
from timetrial.features.capacity.slo import Objective
from timetrial.features.capacity.trial import CapacityTrial, PlannedTrial
from timetrial.machine.clock import MACHINE_CLOCK, Clock
from timetrial.model import (
    DYNAMIC,
    ArrivalSchedule,
    BadInput,
    StackFailed,
    Stage,
    comma_separated,
    seconds,
)
from timetrial.stacks.process import ProcessEnd

RECOVER_WITHIN_S = 30.0
"""The longest that a server may take after a trial until it answers in time again."""
ANSWER_WITHIN_S = 10.0
"""For the first response."""
_IN_TIME_S = 0.05
"""A server that answers within this has no queue, whatever the objective …"""
_USUALLY = 2.0
"""… and so has one that answers within this many times its response time when idle."""
_PAUSE_S = 0.1
_PILOT_S = 1.0
_PILOT_CONNECTIONS = 16
_PILOT_SHARE = 0.25
"""The search begins at this share of what a few connections get …"""
_AT_FIRST_WITHIN_S = 5.0
"""… but at no rate at which a trial would take longer."""
_TAIL = 0.99
_SHOWN_EVERY_S = 0.5
_SEEDS_APART = 1_000_003
_MOST_SEEDS = 2**63
_NONE = -1
"""No block of trials: the server has ended."""


@dataclass(frozen=True, slots=True)
class CapacitySpec:
    """The capacity to measure, and the means."""

    title: str
    objective: Objective
    budget_s: float
    """For everything, from the first start on."""
    setting: SessionConfig
    """Of the trials: the most connections, the timeout, the CPUs of the generator."""
    highest_per_s: float
    created_at: str
    """ISO 8601, UTC."""
    start_per_s: float | None = None
    """None: decided by a second of closed load."""
    seed: int = 0
    shortest_s: float = SHORTEST_S
    """Of the trials."""
    recover_within_s: float = RECOVER_WITHIN_S
    notes: tuple[str, ...] = ()


def measure(
    spec: CapacitySpec,
    server: CapacityTarget,
    driver: Driver,
    observer: CapacityObserver,
    clock: Clock = MACHINE_CLOCK,
) -> SearchRecord:
    """Search for the capacity; the server is stopped at the end, if it was started here.

    An interrupt ends the search with the trials so far. Raises StackFailed if the server cannot
    be started, or answers not even one request.
    """
    measuring = _Measuring(spec, server, driver, observer, clock, clock.now_s())
    try:
        return measuring.measure()
    finally:
        server.stop()


class _ServerEnded(Exception):  # noqa: N818 - what happened, no error
    """The server cannot be measured any more."""


@dataclass(slots=True)
class _Measuring:
    spec: CapacitySpec
    server: CapacityTarget
    driver: Driver
    observer: CapacityObserver
    clock: Clock
    began_s: float
    trials: list[CapacityTrial] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    block: int = 0
    is_expectation_told: bool = False
    usual_s: float = 0.0
    """Response time of the idle server."""

    def measure(self) -> SearchRecord:
        target = self._begin(0)
        search = Search(self._plan(target))
        try:
            ending = self._take(search, target)
        except KeyboardInterrupt:
            ending = "interrupted"
        return SearchRecord(
            target=self.spec.title,
            objective=self.spec.objective,
            plan=search.plan,
            trials=tuple(self.trials),
            bracket=search.bracket,
            ending=ending,
            passed_s=self._passed_s(),
            created_at=self.spec.created_at,
            deaths=tuple(self.deaths),
            memory=self.server.memory(),
            command=self.server.command,
            notes=self.spec.notes,
        )

    def _plan(self, target: Target) -> SearchPlan:
        took_s = self._passed_s()
        needed = self.spec.objective.requests_needed
        start_per_s = self.spec.start_per_s
        if start_per_s is None:
            start_per_s = max(needed / _AT_FIRST_WITHIN_S, _PILOT_SHARE * self._pilot(target))
        return SearchPlan(
            requests_needed=needed,
            start_per_s=start_per_s,
            highest_per_s=self.spec.highest_per_s,
            budget_s=self.spec.budget_s,
            fresh_start_s=took_s if self.server.startable else 0.0,
            shortest_s=self.spec.shortest_s,
        )

    def _take(self, search: Search, target: Target) -> Ending:
        """Take trials until no more are planned, or the server has ended for good."""
        steps = search.steps()
        try:
            ask = next(steps)
            while True:
                if self.server.startable and ask.block != self.block:
                    target = self._begin_again(ask.block)
                self.observer(TrialBegins(ask, search.interval, self._left_s()))
                trial = self._trial(ask, target, search.plan.lead_in_s)
                self.trials.append(trial)
                if self.deaths and self.deaths[-1].after_trial == trial.number:
                    self._give_up_start()
                ask = steps.send(Answer(trial.verdict, self._passed_s()))
                self.observer(TrialEnds(trial, search.interval, self._left_s()))
                self._tell_what_is_expected(search)
        except StopIteration as stop:
            return "complete" if stop.value else "budget"
        except _ServerEnded:
            return "died"

    def _tell_what_is_expected(self, search: Search) -> None:
        """Say once, as soon as that can be known, that the budget is short."""
        bracket = search.bracket
        if self.is_expectation_told or None in {bracket.kept_per_s, bracket.missed_per_s}:
            return
        self.is_expectation_told = True
        if search.needed_s > self._left_s():
            rate, left_s = search.known.quantile(0.5), self._left_s()
            self.observer(Expected(rate, search.trial_s, search.needed_s, left_s))

    def _begin(self, block: int) -> Target:
        """Start the server, and make sure that it answers. Raises StackFailed."""
        self.block = block
        self.observer(Starting(block))
        target = self.server.begin(block)
        result = self._ask(target, ANSWER_WITHIN_S)
        problem = no_answer(result, target, ANSWER_WITHIN_S)
        if problem is not None:
            raise StackFailed("answer", problem, self.server.log_tail())
        self.usual_s = seconds(result.response_time.max_ns)
        return target

    def _give_up_start(self) -> None:
        """Let the next trial begin with a fresh start."""
        if not self.server.startable:
            raise _ServerEnded
        self.block = _NONE

    def _begin_again(self, block: int) -> Target:
        try:
            return self._begin(block)
        except StackFailed as failed:
            number = len(self.trials)
            self.deaths.append(Death(failed.phase, failed.reason, failed.log_tail, number))
            raise _ServerEnded from failed

    def _trial(self, ask: PlannedTrial, target: Target, lead_in_s: float) -> CapacityTrial:
        number = len(self.trials) + 1
        end_span = self.server.span()
        result = self._drive(ask, target, lead_in_s, number)
        server_cpu_s = end_span()
        died = not self.server.is_alive()
        if died:
            tail = self.server.log_tail()
            self.deaths.append(Death("measure", _death(self.server.ending()), tail, number))
        judgement = judge(self.spec.objective, _observed(result, died=died))
        return CapacityTrial(
            number=number,
            ask=ask,
            verdict=judgement.verdict,
            causes=judgement.causes,
            counts=result.counts,
            completions=result.completions,
            length_s=_length_s(result),
            response_time=base64.b64encode(result.response_time.encode()).decode("ascii"),
            lateness_p99_ns=result.lateness.quantile(_TAIL) if result.lateness.count else None,
            generator_busy=result.generator_cpu_s / (_length_s(result) * result.generator_threads),
            connections=result.connections_reached or 0,
            recovered_s=0.0 if died else self._recover(ask, target, number),
            server_cpu_s=server_cpu_s,
            answered_overall=result.overall.ok,
        )

    def _drive(
        self, ask: PlannedTrial, target: Target, lead_in_s: float, number: int
    ) -> LoadResult:
        rate, length_s = ask.rate_per_s, lead_in_s + ask.length_s
        seed = (self.spec.seed * _SEEDS_APART + number) % _MOST_SEEDS
        drive = LoadSpec(
            target=0,
            lead_in_s=lead_in_s,
            window_s=ask.length_s,
            drain_s=self.spec.setting.timeout_s,
            open=ArrivalSchedule((Stage(length_s, rate, rate),), "poisson", seed),
        )
        return self._session(target, self.spec.setting, drive, self._report_progress(ask))

    def _report_progress(self, ask: PlannedTrial) -> OnProgress:
        began_s = told_s = self.clock.now_s()

        def tell(_: Progress) -> None:
            nonlocal told_s
            now_s = self.clock.now_s()
            if now_s - told_s >= _SHOWN_EVERY_S:
                told_s = now_s
                self.observer(TrialProceeds(ask, now_s - began_s, self._left_s()))

        return tell

    def _recover(self, ask: PlannedTrial, target: Target, number: int) -> float:
        """Wait until the server answers in time again; return the seconds that took."""
        began_s = self.clock.now_s()
        in_time_s = max(_IN_TIME_S, _USUALLY * self.usual_s, self.spec.objective.longest_s)
        while True:
            result = self._ask(target, in_time_s)
            passed_s = self.clock.now_s() - began_s
            if result.counts.ok or result.overall.ok:
                return passed_s
            if passed_s >= self.spec.recover_within_s or not self.server.is_alive():
                reason = f"gave no correct answer within {in_time_s:g} s, {passed_s:.0f} s long"
                tail = self.server.log_tail()
                self.deaths.append(Death("answer", reason, tail, number))
                return passed_s
            self.observer(Recovering(ask, passed_s, self._left_s()))
            self.clock.sleep(_PAUSE_S)

    def _ask(self, target: Target, within_s: float) -> LoadResult:
        """Send one request, over a connection of its own."""
        setting = replace(self.spec.setting, connections=1, timeout_s=within_s)
        once = LoadSpec(0, within_s, drain_s=within_s, max_requests=1)
        return self._session(target, setting, once)

    def _pilot(self, target: Target) -> float:
        """Return the correct responses a second of a few connections; it warms up, too."""
        connections = min(_PILOT_CONNECTIONS, self.spec.setting.connections)
        setting = replace(self.spec.setting, connections=connections)
        result = self._session(target, setting, LoadSpec(0, _PILOT_S, drain_s=setting.timeout_s))
        return result.completions / _length_s(result)

    def _session(
        self,
        target: Target,
        setting: SessionConfig,
        drive: LoadSpec,
        on_progress: OnProgress | None = None,
    ) -> LoadResult:
        """Drive over new connections: none is left from former loads."""
        try:
            with self.driver.open([target], setting) as session:
                return session.run_load(drive, on_progress)
        except (OSError, ValueError) as error:
            raise BadInput(f"the load cannot be driven: {error}") from error

    def _passed_s(self) -> float:
        return self.clock.now_s() - self.began_s

    def _left_s(self) -> float:
        return max(0.0, self.spec.budget_s - self._passed_s())


def _death(ending: ProcessEnd | None) -> str:
    if ending is None:
        return "died under load"
    return f"died under load ({ending.how})" if ending.by_itself else f"{ending.how} under load"


def _observed(result: LoadResult, *, died: bool) -> Observed:
    return Observed(
        length_s=_length_s(result),
        counts=result.counts,
        completions=result.completions,
        response_time=result.response_time,
        lateness=result.lateness,
        generator_wait=_lost(result),
        died=died,
    )


def _lost(result: LoadResult) -> float | None:
    """Return the share of the time that the generator waited for a CPU, or was stopped."""
    length_s, waited_s = _length_s(result), result.generator_wait_s
    stopped_s = 0.0 if result.gaps is None else result.gaps.total_s
    if waited_s is None and not stopped_s:
        return None
    waited = (waited_s or 0.0) / (length_s * result.generator_threads)
    return min(1.0, max(waited, stopped_s / length_s))


def _length_s(result: LoadResult) -> float:
    return seconds(result.closed_ns - result.opened_ns)


def no_answer(result: LoadResult, target: Target, within_s: float) -> str | None:
    """Say in a clause why there was no correct answer; None if there was one."""
    counts, request = result.overall, target.requests[0]
    called = f"{request.method} {request.path}"
    expected = 200 if request.expect is None else request.expect.status
    statuses = comma_separated(result.statuses)
    clauses = (
        (counts.wrong_status, f"answers {called} with status {statuses} instead of {expected}"),
        (counts.wrong_body, f"answers {called} with another body; if that may differ, {DYNAMIC}"),
        (counts.wrong_order, f"answers {called} with what belongs to another request"),
        (counts.malformed, f"answers {called} with what is no HTTP/1.1"),
        (counts.connect_failed, f"accepts no connection at {target.address}"),
        (counts.reset, f"resets the connection instead of answering {called}"),
        (counts.closed_early, f"closes the connection instead of answering {called}"),
        (True, f"gives no answer to {called} within {within_s:g} s"),
    )
    return None if counts.ok else next(clause for happened, clause in clauses if happened)
