"""A search for the settings of one server: a pilot, rungs, finals, and the curves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from timetrial.features.tune import budget, suites
from timetrial.features.tune.budget import Timing
from timetrial.features.tune.choice import Choice, choose
from timetrial.features.tune.figures import Figures, Stage, StageKind, figures_of
from timetrial.features.tune.grid import Candidate, thinned
from timetrial.features.tune.halving import FINALISTS, Search, after_rung, finalists, without
from timetrial.features.tune.memory import MemoryFit, fit
from timetrial.features.tune.objective import TuningSpec
from timetrial.features.tune.outcome import SettingOutcome, over_memory
from timetrial.features.tune.report import Ended, tuned
from timetrial.features.tune.result import StageBegun, Tuned
from timetrial.features.tune.scores import (
    memory_bytes,
    response_time_s,
    ruled_out,
    scores,
    start_s,
    throughputs,
)
from timetrial.features.tune.sensitivity import neighbours
from timetrial.features.tune.suites import AT_ONCE, TuningTarget
from timetrial.machine.clock import MACHINE_CLOCK, Clock
from timetrial.model import BY_OPTION, ComparedMetric, Run, StackFailed, Suite
from timetrial.model.summary import Estimate, Missing

_SLOWER = 2
"""A guess: how many times slower than the best of the pilot a candidate may be."""
_LOOK_S = 1.0
"""What it takes to start a finalist and to read its effective configuration."""
_PILOTS = 2
_NEARLY = 1.1
"""By the pilot's prediction, a candidate is dropped only from this share of the memory on."""
_SMALLEST_GROUP = 2


class Measure(Protocol):
    """Measures a suite, benchmark by benchmark, until a moment of the clock, and returns the
    run.
    """

    def __call__(self, suite: Suite, ends_s: float, *, look: bool = False) -> Run: ...


def tune(  # noqa: PLR0913 - all but the first three have defaults
    spec: TuningSpec,
    target: TuningTarget,
    measure: Measure,
    *,
    tell: Callable[[StageBegun], None] = lambda _begun: None,
    clock: Clock = MACHINE_CLOCK,
    room_bytes: int | None = None,
) -> Tuned:
    """Search within the budget; raise StackFailed where no candidate of the pilot can serve.

    `room_bytes` is how much memory all stacks that are up at once may take.
    """
    tuning = _Tuning(spec, target, measure, tell, clock, room_bytes)
    tuning.pilot()
    tuning.search()
    choice = tuning.finals()
    if choice is not None:
        tuning.curve(choice)
    return tuning.outcome(choice)


class _Tuning:
    def __init__(  # noqa: PLR0913, PLR0917 - what the search works with
        self,
        spec: TuningSpec,
        target: TuningTarget,
        measure: Measure,
        tell: Callable[[StageBegun], None],
        clock: Clock,
        room_bytes: int | None,
    ) -> None:
        self._spec = spec
        self._target = target
        self._measure = measure
        self._tell = tell
        self._clock = clock
        self._room_bytes = room_bytes
        self._timing = Timing(clock.now_s(), spec.budget_s)
        self._stages: list[Stage] = []
        self._search = Search(target.grid.candidates)
        self._reference = target.grid.candidates[0]
        self._trial_s = 0.0
        self._notes: list[str] = []
        self._over: set[Candidate] = set()

    def pilot(self) -> None:
        """Find out how long a trial takes, which window it needs, and how memory grows."""
        run = self._piloted()
        seen = throughputs(run, self._target)
        loaded = {measured.candidate: measured.per_s for measured in seen if not measured.alone}
        self._reference = max(loaded, key=loaded.__getitem__)
        window_s = suites.window_s(response_time_s(run) or 0.0)
        self._target = dataclasses.replace(self._target, window_s=window_s)
        if self._spec.objective == "p99":
            half = suites.SHARE_OF_BEST * max(loaded.values())
            rate = self._spec.rate_per_s or float(f"{half:.2g}")
            self._target = dataclasses.replace(self._target, rate_per_s=rate)
        self._trial_s = suites.rung_trial_s(
            self._target, start_s(run), max(loaded.values()) / _SLOWER
        )
        self._drop_by_memory()
        if self._spec.objective != "cpu":
            target = self._target
            reasons = ruled_out(self._search.alive, seen, target.name, target.rate_per_s)
            self._search = without(self._search, reasons)
        self._fit_into_time()

    def _piloted(self) -> Run:
        """Measure the pilot; once more, if a busy machine has left no figures."""
        few = suites.pilot_candidates(self._target)
        for _ in range(_PILOTS):
            run = self._stage("pilot", 0, suites.pilot_suite(self._target, few), few)
            if any(not throughput.alone for throughput in throughputs(run, self._target)):
                return run
            if any(failure.phase != "measure" for failure in run.failures):
                break
        raise _pilot_failed(run)

    def search(self) -> None:
        """Halve, until the finals have places for all that are left, or time is up."""
        number = 0
        while not self._search.is_decided:
            alive = self._search.alive
            left_s = self._timing.search_ends_s - self._clock.now_s()
            trials = suites.trials_of(alive, self._reference, self._at_once)
            rounds = budget.rung_rounds(trials, self._trial_s, left_s, self._search.rungs_left)
            if not rounds:
                self._notes.append(
                    f"The time was over before the search had ended: {len(alive)} candidates were "
                    f"left for the places of the finals."
                )
                return
            number += 1
            suite = suites.rung_suite(
                self._target, f"rung {number}", alive, self._reference, rounds, self._at_once
            )
            run = self._stage("rung", number, suite, alive)
            found = scores(run, self._target, self._spec.objective, self._reference)
            self._search = after_rung(self._search, found)
            self._drop_by_memory()
            if self._search.alive:
                self._reference = self._search.ranking.order[0]

    def finals(self) -> Choice | None:
        """Measure the finalists thoroughly; these rounds alone decide."""
        chosen = self._finalists()
        if not chosen:
            self._notes.append("No candidate is left: all of them take more memory than they may.")
            return None
        rounds, length_s = self._final_rounds(len(chosen))
        suite = suites.finals_suite(self._target, chosen, rounds, length_s)
        self._stage("finals", 0, suite, chosen, look=True)
        found = figures_of(self._stages[-1], self._target)
        metric = self._metric(found)
        names = {candidate: self._target.name(candidate) for candidate in chosen}
        return choose(
            found,
            self._stages[-1].comparisons(metric),
            names,
            metric,
            self._spec.memory_bytes,
        )

    def _final_rounds(self, finalists: int) -> tuple[int, float]:
        """Choose enough rounds for verdicts first, then long windows."""
        lengths = suites.final_lengths_s(self._target)
        least, most = budget.FINAL_ROUNDS
        now_s = self._clock.now_s() + _LOOK_S * finalists
        for ends_s in (self._timing.finals_end_s, self._timing.ends_s):
            for length_s in lengths:
                trial_s = self._trial_s + suites.longer_final_s(self._target, length_s)
                rounds = budget.rounds_within(finalists, trial_s, ends_s - now_s, least, most)
                if rounds:
                    return rounds, length_s
        # There is no time for a verdict: show the figures that there is time for. The last trial
        # is the shortest.
        return budget.rounds_within(finalists, trial_s, ends_s - now_s, 1, least) or 1, length_s

    def _metric(self, found: Mapping[Candidate, Figures]) -> ComparedMetric:
        metric = BY_OPTION[self._spec.objective]
        if metric != "p99_ns" or any(isinstance(f.p99_ns, Estimate) for f in found.values()):
            return metric
        why = next((f.p99_ns.reason for f in found.values() if isinstance(f.p99_ns, Missing)), "")
        self._notes.append(f"p99 cannot be given ({why}): p50 at the same rate decides instead.")
        return "p50_ns"

    def curve(self, choice: Choice) -> None:
        """Measure the neighbours of the recommended candidate, as far as there is time."""
        out = {*self._finalists(), *self._over}
        others = neighbours(choice.candidate, self._target.grid)
        wanted = [
            candidate
            for candidate in _nearest_first(choice.candidate, others)
            if candidate not in out
        ]
        points, rounds = self._points(wanted, choice)
        if not points:
            return
        suite = suites.rung_suite(
            self._target, "curves", points, choice.candidate, rounds, self._at_once
        )
        self._stage("curve", 0, suite, points)

    def _points(
        self, wanted: Sequence[Candidate], choice: Choice
    ) -> tuple[Sequence[Candidate], int]:
        """Choose the rounds, and how many of the wanted candidates, that there is time for."""
        left_s = self._timing.ends_s - self._clock.now_s()
        options = []
        for rounds in budget.CURVE_ROUNDS:
            points = list(wanted)
            while points and rounds * self._trials(points, choice) * self._trial_s > left_s:
                points.pop()
            if len(points) >= min(len(wanted), budget.CURVE_POINTS):
                return points, rounds
            options.append((points, rounds))
        return max(options, key=lambda option: len(option[0]))

    def outcome(self, choice: Choice | None) -> Tuned:
        ended = Ended(
            spec=self._spec,
            target=self._target,
            stages=tuple(self._stages),
            search=self._search,
            choice=choice,
            memory=self._memory(),
            notes=(*self._target.grid.notes, *self._notes),
            took_s=self._clock.now_s() - self._timing.began_s,
        )
        return tuned(ended)

    def _stage(
        self,
        kind: StageKind,
        number: int,
        suite: Suite,
        candidates: Sequence[Candidate],
        *,
        look: bool = False,
    ) -> Run:
        began_s = self._clock.now_s()
        left_s = self._timing.ends_s - began_s
        self._tell(StageBegun(kind, number, len(candidates), suite.rounds, left_s))
        ends_s = self._timing.search_ends_s if kind in {"pilot", "rung"} else self._timing.ends_s
        run = self._measure(suite, ends_s, look=look)
        took_s = self._clock.now_s() - began_s
        self._stages.append(Stage(kind, number, run, took_s))
        starts = len(run.lives) or sum(len(benchmark.stacks) for benchmark in suite.benchmarks)
        if kind in {"pilot", "rung"}:
            self._trial_s = took_s / starts
        return run

    def _finalists(self) -> tuple[Candidate, ...]:
        if self._search.rungs or self._search.is_decided:
            return finalists(self._search)
        # Only the pilot has figures: its best candidate first.
        alive = self._search.alive
        best = [self._reference] if self._reference in alive else []
        return tuple(dict.fromkeys([*best, *alive]))[:FINALISTS]

    @property
    def _at_once(self) -> int:
        memory = self._memory()
        if memory is None or self._room_bytes is None or not self._search.alive:
            return AT_ONCE
        largest = max(memory.predict(c.workers, c.threads).value for c in self._search.alive)
        return max(_SMALLEST_GROUP, min(AT_ONCE, int(self._room_bytes // max(1.0, largest))))

    def _trials(self, points: Sequence[Candidate], choice: Choice) -> int:
        return suites.trials_of([*points, choice.candidate], choice.candidate, self._at_once)

    def _memory(self) -> MemoryFit | None:
        server = self._target.server
        return fit({c: size for c, size in self._memory_bytes().items() if c.server == server})

    def _memory_bytes(self) -> Mapping[Candidate, float]:
        return memory_bytes(tuple(stage.run for stage in self._stages), self._target)

    def _drop_by_memory(self) -> None:
        """Drop candidates that took more than the memory, or are predicted to take well over it."""
        most = self._spec.memory_bytes
        if most is None:
            return
        taken, memory = self._memory_bytes(), self._memory()
        reasons: dict[Candidate, SettingOutcome] = {}
        for candidate in self._search.alive:
            if candidate in taken:
                if taken[candidate] > most:
                    reasons[candidate] = over_memory(most, taken[candidate])
            elif memory is not None:
                predicted = memory.predict(candidate.workers, candidate.threads).value
                if predicted > _NEARLY * most:
                    reasons[candidate] = over_memory(most, predicted, predicted=True)
        self._over |= reasons.keys()
        self._search = without(self._search, reasons)

    def _fit_into_time(self) -> None:
        """Leave steps of the scales out where a rung of all candidates would take too long."""
        left_s = self._timing.search_ends_s - self._clock.now_s()
        most = budget.most_candidates(self._trial_s * AT_ONCE / (AT_ONCE - 1), left_s)
        grid = dataclasses.replace(self._target.grid, candidates=self._search.alive)
        fewer = thinned(grid, most)
        self._notes += fewer.notes[len(grid.notes) :]
        self._search = dataclasses.replace(self._search, alive=fewer.candidates)
        if self._reference not in fewer.candidates and fewer.candidates:
            self._reference = fewer.candidates[-1]


def _nearest_first(chosen: Candidate, others: Sequence[Candidate]) -> list[Candidate]:
    """Order candidates by their distance from the chosen one, on both sides of each knob."""

    def distance(candidate: Candidate) -> float:
        workers = candidate.workers / chosen.workers
        threads = candidate.threads / chosen.threads
        return max(workers, 1 / workers) * max(threads, 1 / threads)

    return sorted(others, key=lambda candidate: (distance(candidate), candidate))


def _pilot_failed(run: Run) -> StackFailed:
    if run.failures:
        first = run.failures[0]
        return StackFailed(first.phase, f"{first.stack}: {first.reason}", first.log_tail)
    return StackFailed("measure", "nothing was measured in the time of the pilot")
