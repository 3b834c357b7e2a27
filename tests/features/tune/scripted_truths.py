"""Searches among servers that nobody starts: their truth is known, and their clock runs at once."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from runs import A_MACHINE, a_measurement, a_window
from timetrial.catalog.loader import load_catalog
from timetrial.catalog.registry import Catalog
from timetrial.features.tune.grid import Candidate, Grid, Tunable, grid
from timetrial.features.tune.objective import TuningSpec
from timetrial.features.tune.outcome import SettingOutcome
from timetrial.features.tune.result import StageBegun, Tuned
from timetrial.features.tune.search import tune
from timetrial.features.tune.suites import TuningTarget
from timetrial.machine.clock import Clock
from timetrial.model.load import OpenLoad
from timetrial.model.measurement import Failure, Measurement, Window
from timetrial.model.plan import PlannedBenchmark, plan
from timetrial.model.run import Run, StackFacts
from timetrial.model.stop_rule import StopDecision
from timetrial.model.suite import Benchmark, Suite
from timetrial.model.trial import Cell, Trial
from timetrial.model.units import nanoseconds
from timetrial.model.workload import Expectation, Workload

SERVER = "gunicorn-gthread"
BASE_MIB, WORKER_MIB, THREAD_MIB = 20.0, 25.0, 0.25
WINDOW_NOISE = 0.02
_GENERATOR_SHARE = 0.2
Truth = Callable[[Candidate], float]
"""Requests a second at saturation; 0: it does not start."""


def saturating(candidate: Candidate) -> float:
    """Wait for 20 ms a request on one CPU that does 600 a second: more slots pay up to there."""
    slots = candidate.slots / 0.021
    return math.pow(1 / slots**4 + 1 / 600**4, -0.25)


def monotone(candidate: Candidate) -> float:
    return 400 * math.sqrt(candidate.workers) * (1 + 0.1 * math.log2(candidate.threads))


def peaked(candidate: Candidate) -> float:
    """Be best with 2 workers and 8 threads."""
    off = abs(math.log2(candidate.threads / 8)) + 2 * abs(math.log2(candidate.workers / 2))
    return 1_000 * math.exp(-0.08 * off)


def flat(candidate: Candidate) -> float:
    del candidate
    return 800.0


def memory_mib(candidate: Candidate) -> float:
    return BASE_MIB + WORKER_MIB * candidate.workers + THREAD_MIB * candidate.slots


@dataclass
class Scripted:
    """Plays suites: rounds differ by `noise` (of the log of throughput), trials take a second."""

    truth: Truth
    seed: int = 1
    noise: float = 0.03
    trial_s: float = 1.0
    now_s: float = 100.0
    suites: list[Suite] = field(default_factory=list)
    target: TuningTarget | None = None

    @property
    def clock(self) -> Clock:
        return Clock(lambda: nanoseconds(self.now_s))

    def __call__(self, suite: Suite, ends_s: float, *, look: bool = False) -> Run:
        del look
        self.suites.append(suite)
        planned = plan(suite, self.seed)
        randomness = random.Random(f"{self.seed}-{len(self.suites)}")  # noqa: S311 - must repeat
        measurements: list[Measurement] = []
        failures: list[Failure] = []
        stops: tuple[StopDecision, ...] = ()
        for round_, benchmark in itertools.product(planned.rounds, suite.benchmarks):
            if self.now_s >= ends_s and not stops:
                stops = tuple(
                    StopDecision(
                        each.name,
                        round_.number - (each not in suite.benchmarks[: _at(suite, benchmark)]),
                        "late",
                    )
                    for each in suite.benchmarks
                )
            if stops:
                break
            turns = next(each for each in round_.benchmarks if each.benchmark == benchmark.name)
            for stack in benchmark.stacks:
                self.now_s += self.trial_s
                candidate = Candidate(
                    suite.stack(stack).workers,
                    suite.stack(stack).threads,
                    suite.stack(stack).server,
                )
                trial = Trial(round_.number, Cell(benchmark.name, stack))
                if not self.truth(candidate):
                    failures.append(
                        Failure(round_.number, stack, benchmark.name, "start", "it died", "")
                    )
                    continue
                measurements.append(self._measured(trial, benchmark, turns, candidate, randomness))
        return Run(
            number=len(self.suites),
            created_at="2026-10-14T09:26:53+00:00",
            timetrial_version="0.1.0",
            plan=planned,
            machine=A_MACHINE,
            facts=tuple(StackFacts(s.name, "CPython 3.11.7", ()) for s in suite.stacks),
            measurements=tuple(measurements),
            failures=tuple(failures),
            lives=(),
            stops=stops,
        )

    def _measured(
        self,
        trial: Trial,
        benchmark: Benchmark,
        turns: PlannedBenchmark,
        candidate: Candidate,
        randomness: random.Random,
    ) -> Measurement:
        mood = randomness.gauss(0, self.noise)
        places = [i for i, name in enumerate(turns.turns) if name == trial.cell.stack]
        windows = [
            _window(
                place, benchmark, self.truth(candidate), mood + randomness.gauss(0, WINDOW_NOISE)
            )
            for place in places
        ]
        taken = memory_mib(candidate) * math.exp(randomness.gauss(0, 0.003))
        return a_measurement(
            windows,
            benchmark=benchmark.name,
            stack=trial.cell.stack,
            round_=trial.round,
            memory_mib=taken,
        )


def _at(suite: Suite, benchmark: Benchmark) -> int:
    return suite.benchmarks.index(benchmark)


def _window(place: int, benchmark: Benchmark, rate: float, mood: float) -> Window:
    """Give throughput at saturation; at a rate, response times that grow with the load."""
    connections, length_s = benchmark.load.connections, benchmark.window_s
    if isinstance(benchmark.load, OpenLoad):
        busy = min(0.98, benchmark.load.rate_per_s / rate)
        typical_ms = 1_000 / rate / (1 - busy) * math.exp(mood)
        completions = round(benchmark.load.rate_per_s * length_s)
        times: Mapping[float, int] = {typical_ms: completions, 4 * typical_ms: completions // 50}
        return a_window(
            index=place, completions=sum(times.values()), length_s=length_s, times_ms=times,
            connections=connections, generator_cpu_s=_GENERATOR_SHARE * length_s,
        )  # fmt: skip
    completions = max(1, round(rate * math.exp(mood) * length_s))
    return a_window(
        index=place,
        completions=completions,
        length_s=length_s,
        connections=connections,
        generator_cpu_s=_GENERATOR_SHARE * length_s,
        cpu_s=length_s,
    )


@cache
def _catalog() -> Catalog:
    return load_catalog()


def a_grid(cpus: int = 1, connections: int = 64) -> Grid:
    return grid([Tunable(SERVER, 256, 256)], cpus, connections)


def a_target(candidates: Grid | None = None, connections: int = 64) -> TuningTarget:
    catalog = _catalog()
    return TuningTarget(
        app=catalog.app("raw"),
        servers={SERVER: catalog.server(SERVER)},
        workload=Workload.of("hello", {"wsgi": "/hello"}, Expectation(body="Hello world!")),
        grid=candidates or a_grid(connections=connections),
        connections=connections,
    )


def searched(
    scripted: Scripted, spec: TuningSpec | None = None, target: TuningTarget | None = None
) -> tuple[Tuned, list[StageBegun]]:
    begun: list[StageBegun] = []
    tuned = tune(
        spec or TuningSpec(),
        target or a_target(),
        scripted,
        tell=begun.append,
        clock=scripted.clock,
    )
    return tuned, begun


def of_size(tuned: Tuned, workers: int, threads: int) -> SettingOutcome:
    """Return the outcome of a candidate."""
    wanted = Candidate(workers, threads, SERVER)
    return next(line.outcome for line in tuned.lines if line.candidate == wanted)
