"""Capacity per core: it decides where throughput cannot, and says why the two disagree."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from io import StringIO

import pytest
from rich.console import Console

from races import Taken, a_race, noisy, of
from runs import CHARACTERS, a_measurement, a_window
from timetrial.analysis.per_core import (
    IdleReason,
    busy_share,
    capacity_per_core,
    idle_reason,
    is_busy,
)
from timetrial.analysis.recommendation import Recommendation, recommend
from timetrial.features.race.terminal import render
from timetrial.features.race.text import advice
from timetrial.model.dropped_stack import DroppedStack
from timetrial.model.measurement import MachineConditions, Measurement, ProcessStamp, ProcessUse
from timetrial.model.run import Run
from timetrial.model.summary import Estimate

NAMES = ("uvicorn", "uwsgi", "gunicorn")
COSTS_MS: Mapping[str, float] = {"uvicorn": 0.20, "uwsgi": 0.25, "gunicorn": 0.26}
"""CPU time per request."""


def a_noisy_race(taken: Taken, costs_ms: Mapping[str, float] = COSTS_MS) -> Run:
    """Let throughput vary wildly, and CPU time per request hardly."""
    run = a_race(NAMES, characters=dict.fromkeys(NAMES, CHARACTERS["uvicorn"]))
    randomness = random.Random(4)  # noqa: S311 - numbers that must repeat
    return dataclasses.replace(
        run,
        measurements=tuple(
            noisy(each, costs_ms[each.trial.cell.stack], taken, randomness)
            if each.trial.cell.benchmark == "saturation"
            else each
            for each in run.measurements
        ),
    )


def chosen(run: Run) -> Recommendation:
    found = recommend(of(run))
    assert found is not None
    return found


@pytest.mark.parametrize("taken", ["other processes", "steal"])
def test_capacity_per_core_decides_where_throughput_cannot(taken: Taken) -> None:
    choice = chosen(a_noisy_race(taken))
    assert (choice.kind, choice.stacks, choice.basis) == ("one", ("uvicorn",), "capacity_per_core")
    assert choice.behind == "uwsgi"
    assert choice.lead is not None
    assert choice.lead.value == pytest.approx(1.25, rel=0.02)
    assert (choice.throughput_within is None) == (taken == "steal")
    figures = {each.stack: each.requests_per_s.value for each in choice.per_core}
    assert figures == pytest.approx({n: 1000 / ms for n, ms in COSTS_MS.items()}, rel=0.02)
    assert choice.excluded == ()


def test_who_left_the_race_is_behind_who_stayed_although_their_throughput_is_void() -> None:
    noisy_race, calm = a_noisy_race("steal"), a_race(NAMES)
    left = DroppedStack("saturation", "gunicorn", 3)
    sound = {m.trial: m for m in calm.measurements if m.trial.cell.stack == left.stack}
    kept = [
        sound.get(m.trial, m)
        for m in noisy_race.measurements
        if m.trial.cell.stack != left.stack or m.trial.round <= left.after_round
    ]
    run = dataclasses.replace(noisy_race, measurements=tuple(kept), dropped=(left,))
    choice = chosen(run)
    assert (choice.kind, choice.stacks, choice.basis) == ("one", ("uvicorn",), "capacity_per_core")
    assert choice.behind == "uwsgi"


def test_it_decides_nothing_of_servers_whose_cpus_were_idle() -> None:
    run = a_noisy_race("none")
    assert chosen(run).basis == "throughput"
    assert chosen(run).per_core == ()


@pytest.mark.parametrize("width", [80, 140])
def test_the_verdict_says_so_and_the_table_shows_it(width: int) -> None:
    summary = of(a_noisy_race("other processes"))
    console = Console(width=width, file=StringIO(), color_system=None)
    console.print(render(summary))
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert "per core" in text
    assert all(len(line) <= width for line in text.splitlines())
    choice = recommend(summary)
    assert choice is not None
    first = advice(summary, choice).verdict
    assert first.startswith("Take uvicorn: it answers 2")
    assert "more requests a second per core than uwsgi" in first
    assert "so capacity per core decides" in first


def test_servers_that_differ_by_little_per_core_will_all_do() -> None:
    choice = chosen(a_noisy_race("other processes", dict.fromkeys(NAMES, 0.2)))
    assert choice.kind == "any"
    assert choice.basis == "capacity_per_core"
    assert choice.max_difference is not None
    assert choice.max_difference < 0.05


def test_the_reciprocal_turns_the_interval_around() -> None:
    assert capacity_per_core(Estimate(0.2, 0.1, 0.4, 5)) == Estimate(5_000, 2_500, 10_000, 5)


def loaded(
    *used: float, cpus: int = 2, steal_s: float = 0.0, foreign_s: float = 0.0
) -> Measurement:
    """Let processes use that much CPU time in a second."""
    window = dataclasses.replace(
        a_window(cpu_s=sum(used)), started_ns=0, drained_ns=10**9, foreign_cpu_s=foreign_s
    )
    on = tuple(range(cpus))
    uses = tuple(ProcessUse(ProcessStamp(1 + n, 1), each, on) for n, each in enumerate(used))
    conditions = MachineConditions(1.0, on, cpus, steal_s=steal_s)
    return dataclasses.replace(a_measurement([window]), surroundings=conditions, uses=uses)


@pytest.mark.parametrize(
    ("measured", "workers", "busy"),
    [
        (loaded(0.95, cpus=1), 1, True),
        (loaded(0.85, cpus=1), 1, False),
        (loaded(0.48, cpus=1, steal_s=0.5), 1, True),
        (loaded(0.48, cpus=1, foreign_s=0.5), 1, True),
        (loaded(0.95, cpus=2), 1, True),
        (loaded(0.95, cpus=2), 2, False),
        (loaded(0.95, 0.95, cpus=2), 4, True),
    ],
)
def test_a_server_is_held_to_what_it_could_get(
    measured: Measurement, workers: int, *, busy: bool
) -> None:
    assert is_busy([measured], workers) == busy


def test_where_the_kernel_tells_nothing_no_server_was_busy() -> None:
    unknown = a_measurement([a_window(cpu_s=None)])
    assert busy_share([unknown], 1) is None
    assert not is_busy([unknown], 1)


@pytest.mark.parametrize(
    ("measured", "workers", "reason"),
    [
        (loaded(0.97, cpus=1), 1, None),
        (loaded(0.97, cpus=2), 1, "lock"),
        (loaded(0.90, 0.05, cpus=2), 2, "idle workers"),
        (loaded(0.40, 0.40, cpus=2), 2, "waiting"),
        (loaded(0.40, cpus=1), 1, "waiting"),
    ],
)
def test_why_cpus_are_idle_is_seen_in_the_windows(
    measured: Measurement, workers: int, reason: IdleReason | None
) -> None:
    assert idle_reason([measured], workers) == reason


def test_a_server_that_waits_contradicts_and_the_reason_is_said() -> None:
    run = a_race(NAMES, characters={**CHARACTERS, "uwsgi": CHARACTERS["uwsgi"]})

    def waiting(each: Measurement) -> Measurement:
        """Let gunicorn take least CPU time of all, for as few requests as it answers."""
        cell = each.trial.cell
        if cell.benchmark != "saturation":
            return each
        cost_s = {"uvicorn": 0.0002, "uwsgi": 0.0002, "gunicorn": 0.0001}[cell.stack]
        windows = tuple(
            dataclasses.replace(w, server_cpu_s=w.completions_overall * cost_s)
            for w in each.windows
        )
        passed_s = sum((w.drained_ns - w.started_ns) / 1e9 for w in windows)
        conditions = MachineConditions(passed_s, (0,), 2)
        return dataclasses.replace(each, windows=windows, surroundings=conditions)

    summary = of(dataclasses.replace(run, measurements=tuple(map(waiting, run.measurements))))
    choice = recommend(summary)
    assert choice is not None
    assert choice.contradiction is not None
    assert choice.contradiction.cheaper == "gunicorn"
    assert choice.contradiction.faster == choice.stacks[0]
    assert choice.contradiction.reason == "waiting"
    assert choice.contradiction.per_core.value == pytest.approx(2.0, rel=0.05)
    assert any(
        "it waited for something" in paragraph for paragraph in advice(summary, choice).paragraphs
    )
