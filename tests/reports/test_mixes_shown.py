"""A request that stands in several steps, only to be sent more often, is shown as one."""

from __future__ import annotations

import dataclasses

import pytest

from runs import a_histogram, a_measurement, a_run, a_suite, a_window
from timetrial.analysis.config_diff import differences
from timetrial.analysis.summarize import summarize
from timetrial.model.load import ThinkTime
from timetrial.model.measurement import Counts, StepResult, Window
from timetrial.model.run import Run
from timetrial.model.workload import Step, Workload
from timetrial.reports.workload_text import mixed, what_is_asked
from timetrial.runner.starter import probes_of

HOME, ITEMS = (Step({"wsgi": path, "asgi": path}) for path in ("/", "/items"))
MANY = tuple(Step({"wsgi": f"/{number}"}) for number in range(6))
MIX = Workload("mix", (HOME, ITEMS, HOME), is_mix=True)
ROUNDS = 5


def a_window_of_a_mix() -> Window:
    counts = Counts(arrivals=400, ok=400)
    return dataclasses.replace(
        a_window(completions=1_200),
        steps=tuple(StepResult(counts, a_histogram({ms: 400})) for ms in (2.0, 30.0, 4.0)),
    )


def a_run_of(workload: Workload) -> Run:
    suite = a_suite(["granian", "waitress"], rounds=ROUNDS)
    benchmark = dataclasses.replace(suite.benchmarks[0], name="mix", workload=workload)
    measurements = tuple(
        a_measurement([a_window_of_a_mix()], benchmark="mix", stack=stack, round_=number + 1)
        for number in range(ROUNDS)
        for stack in ("granian", "waitress")
    )
    run = a_run(dataclasses.replace(suite, benchmarks=(benchmark,)))
    return dataclasses.replace(run, measurements=measurements)


def test_its_response_times_are_put_together() -> None:
    (table,) = summarize(a_run_of(MIX)).tables
    home, items = table.rows[0].parts
    assert (home.name, home.count) == ("GET /", 2 * ROUNDS * 400)
    assert (items.name, items.count) == ("GET /items", ROUNDS * 400)
    assert home.max_ns is not None
    assert 3.9e6 < home.max_ns < 4.1e6


def test_steps_of_a_scenario_stay_apart() -> None:
    (table,) = summarize(a_run_of(dataclasses.replace(MIX, is_mix=False))).tables
    home, items = HOME.label, ITEMS.label
    names = [part.name for part in table.rows[0].parts]
    assert names == [f"{home} (no. 1)", items, f"{home} (no. 2)"]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        pytest.param((HOME, ITEMS, HOME), "2 × GET /, GET /items", id="one twice"),
        pytest.param((HOME, HOME), "GET /", id="one alone"),
        pytest.param(MANY, "GET /0, GET /1, GET /2, GET /3 and 2 more", id="many"),
    ],
)
def test_a_mix_is_named_by_how_often_each_is_sent(steps: tuple[Step, ...], said: str) -> None:
    mix = Workload("mix", steps, is_mix=True)
    assert what_is_asked(mix) == mixed(mix) == said


def test_two_runs_of_mixes_differ_in_how_often_each_is_sent() -> None:
    other = dataclasses.replace(MIX, steps=(HOME, ITEMS))
    found = differences(a_run_of(MIX), a_run_of(other))
    assert [(mixed(MIX) in each.a, mixed(other) in each.b) for each in found] == [(True, True)]


def test_a_stack_that_starts_is_asked_each_request_once() -> None:
    suite = a_run_of(MIX).plan.suite
    assert [probe.path for probe in probes_of(suite, suite.stacks[0])] == ["/", "/items"]


def test_only_users_are_said_to_think() -> None:
    steps = (Step({"wsgi": "/"}, think=ThinkTime(low_s=0.2)), Step({"wsgi": "/buy"}))
    scenario = Workload("scenario", steps)
    first, second = (step.label for step in steps)
    assert what_is_asked(scenario) == f"{first}, {second}"
    with_pauses = f"{first}, thinking 200 ms, {second}"
    assert what_is_asked(scenario, by_users=True) == with_pauses
