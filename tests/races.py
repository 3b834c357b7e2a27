"""Projects that nobody wrote and races that nobody held: plausible, seeded, quick to make."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from runs import CHARACTERS, Character, a_measurement, a_run, a_suite, a_window, json_query
from timetrial.analysis.summarize import summarize
from timetrial.model.load import OpenLoad
from timetrial.model.measurement import Failure, MachineConditions, Measurement
from timetrial.model.plan import plan
from timetrial.model.race_info import Deployment, ExcludedServer, RaceInfo
from timetrial.model.run import Run
from timetrial.model.suite import Benchmark
from timetrial.model.summary import Summary
from timetrial.model.workload import Interface
from timetrial.project.project import Project

Taken = Literal["other processes", "steal", "none"]
"""What takes the rest of a CPU's time."""
HALF = "at-50%"
ROUNDS = 8
_RATE_PER_S = 700.0
_TRIAL_S = 2.0
_USUAL_MS = (4.0, 9.0)


def a_project(*interfaces: Interface, python: str = "CPython 3.11.7", factory: str = "") -> Project:
    targets: dict[Interface, str] = {
        each: f"shop.{each}:application" for each in interfaces or ("wsgi",)
    }
    return Project(
        name="shop",
        root=Path("/srv/shop"),
        targets=targets,
        python=Path("/srv/shop/.venv/bin/python"),
        python_version=python,
        framework="Django 5.2.9",
        factory=factory,
    )


def saturation(stacks: Sequence[str]) -> Benchmark:
    return dataclasses.replace(json_query(stacks), name="saturation")


def at_half(stacks: Sequence[str]) -> Benchmark:
    return dataclasses.replace(
        saturation(stacks),
        name=HALF,
        load=OpenLoad(_RATE_PER_S, connections=100),
        window_s=_TRIAL_S,
        windows=1,
        mode="whole",
    )


def a_race(  # noqa: PLR0913 - all but what a test is about have defaults
    stacks: Sequence[str] = tuple(CHARACTERS),
    *,
    characters: Mapping[str, Character] = CHARACTERS,
    times_ms: Mapping[str, tuple[float, float]] | None = None,
    failures: Iterable[Failure] = (),
    rounds: int = ROUNDS,
    seed: int = 1,
) -> Run:
    """Hold a race; `times_ms` are p50 and p99 at half of the capacity, by server."""
    race_info = RaceInfo(
        app="shop",
        framework="Django 5.2.9",
        folder="/srv/shop",
        capacity="saturation",
        latency=(HALF,),
        excluded_servers=(ExcludedServer("daphne", "for ASGI apps (this one is WSGI)"),),
        deployments=tuple(
            Deployment(name, (name, "--bind", "0.0.0.0:8000", "shop.wsgi"), (f"{name}==1.0",))
            for name in stacks
        ),
        notes=("It runs in the project's own virtual environment.",),
    )
    alone = dataclasses.replace(a_suite(stacks, rounds), benchmarks=(saturation(stacks),))
    whole = dataclasses.replace(
        alone,
        name="race",
        title="shop (Django 5.2.9)",
        benchmarks=(saturation(stacks), at_half(stacks)),
        race_info=race_info,
    )
    failures = tuple(failures)
    run = a_run(alone, characters=characters, failures=failures, seed=seed)
    late = _at_half(run, times_ms or {}, seed)
    return dataclasses.replace(
        run, plan=plan(whole, seed), measurements=(*run.measurements, *late), failures=failures
    )


def of(run: Run) -> Summary:
    return summarize(run)


def noisy(
    measured: Measurement, cost_ms: float, taken: Taken, randomness: random.Random
) -> Measurement:
    """Let throughput vary wildly, and CPU time per request hardly."""
    factor, cost_s = randomness.uniform(0.4, 1.0), cost_ms / 1000 * randomness.uniform(0.99, 1.01)
    windows = []
    stolen_s = passed_s = 0.0
    for window in measured.windows:
        span_s = (window.drained_ns - window.started_ns) / 1e9
        # It uses 95 % of what is left to it, or half of all, if nobody takes anything.
        left_s = span_s * factor if taken != "none" else span_s * 0.5
        used_s = left_s * 0.95
        responses = round(used_s / cost_s)
        other_s = span_s - left_s
        stolen_s += other_s if taken == "steal" else 0.0
        passed_s += span_s
        counts = dataclasses.replace(window.counts, arrivals=responses, ok=responses)
        windows.append(
            dataclasses.replace(
                window,
                counts=counts,
                completions=responses,
                completions_overall=responses,
                server_cpu_s=used_s,
                foreign_cpu_s=other_s if taken == "other processes" else 0.0,
            )
        )
    conditions = MachineConditions(passed_s, (0,), 1, steal_s=stolen_s)
    return dataclasses.replace(measured, windows=tuple(windows), surroundings=conditions)


def _at_half(
    run: Run, times_ms: Mapping[str, tuple[float, float]], seed: int
) -> Iterable[Measurement]:
    randomness = random.Random(seed)  # noqa: S311 - numbers that must repeat
    responses = round(_RATE_PER_S * _TRIAL_S)
    for each in run.measurements:
        p50, p99 = times_ms.get(each.trial.cell.stack, _USUAL_MS)
        mood = randomness.uniform(0.97, 1.03)
        slow = responses // 40
        tail = {p99 * mood * (0.8 + 0.5 * i / slow): 1 for i in range(slow)}
        counted = {p50 * mood: responses - slow, **tail}
        window = a_window(
            completions=responses, length_s=_TRIAL_S, times_ms=counted, connections=20
        )
        yield a_measurement(
            [window], benchmark=HALF, stack=each.trial.cell.stack, round_=each.trial.round
        )
