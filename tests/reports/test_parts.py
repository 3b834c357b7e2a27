"""Steps, iterations and connecting stand in a table of their own, in every format."""

from __future__ import annotations

import dataclasses
import io
import json

from rich.console import Console

from runs import a_histogram, a_measurement, a_run, a_suite, a_window
from timetrial.analysis.summarize import summarize
from timetrial.model.load import ThinkTime, VirtualUsers
from timetrial.model.measurement import Counts, StepResult, Window
from timetrial.model.run import Run
from timetrial.model.suite import Suite
from timetrial.model.summary import Estimate, Missing, Part
from timetrial.model.workload import Step, Workload
from timetrial.reports import as_html, as_json, render
from timetrial.reports.parts import MEANINGS
from timetrial.reports.table_view import conditions

STEPS = (
    Step({"wsgi": "/", "asgi": "/"}, think=ThinkTime(0.1)),
    Step({"wsgi": "/api", "asgi": "/api"}, wait_s=0.025),
    Step({"wsgi": "/", "asgi": "/"}),
)
FIRST, LAST = "GET / (no. 1)", "GET / (no. 2)"
TIMES_MS = (2.0, 30.0, 3.0)
PER_STEP = 400
ROUNDS = 5


def a_visit() -> Suite:
    suite = a_suite(["granian", "waitress"], rounds=ROUNDS)
    benchmark = dataclasses.replace(
        suite.benchmarks[0],
        name="visit",
        workload=Workload("visit", STEPS),
        load=VirtualUsers(10),
        mode="whole",
        windows=1,
        window_s=5.0,
    )
    return dataclasses.replace(suite, benchmarks=(benchmark,))


def a_window_of_visits(failed: int = 0) -> Window:
    lost = Counts(arrivals=PER_STEP, ok=PER_STEP - failed, wrong_body=failed)
    all_well = Counts(arrivals=PER_STEP, ok=PER_STEP)
    return dataclasses.replace(
        a_window(completions=3 * PER_STEP, length_s=5.0, connections=10, connects=10),
        steps=tuple(
            StepResult(lost if place == 1 else all_well, a_histogram({time_ms: PER_STEP}))
            for place, time_ms in enumerate(TIMES_MS)
        ),
        iteration_time=a_histogram({135.0: PER_STEP}),
        connect_time=a_histogram({0.2: 10}),
    )


def a_run_of_visits(failed: int = 0) -> Run:
    measurements = tuple(
        a_measurement(
            [a_window_of_visits(failed)], benchmark="visit", stack=stack, round_=number + 1
        )
        for number in range(ROUNDS)
        for stack in ("granian", "waitress")
    )
    return dataclasses.replace(a_run(a_visit()), measurements=measurements)


def parts() -> dict[str, Part]:
    (table,) = summarize(a_run_of_visits()).tables
    return {part.name: part for part in table.rows[0].parts}


def test_steps_that_ask_for_the_same_path_are_numbered() -> None:
    assert list(parts()) == [FIRST, "GET /api", LAST, "iteration", "connect"]


def test_each_part_has_quantiles_of_its_own() -> None:
    api = parts()["GET /api"].p50_ns
    assert isinstance(api, Estimate)
    assert round(api.value / 1e6) == 30
    iteration = parts()["iteration"].p50_ns
    assert isinstance(iteration, Estimate)
    assert round(iteration.value / 1e6) == 135
    assert parts()["GET /api"].count == ROUNDS * PER_STEP


def test_a_quantile_of_too_few_connects_is_not_given_but_the_longest_is() -> None:
    connect = parts()["connect"]
    assert isinstance(connect.p99_ns, Missing)
    assert connect.max_ns is not None
    assert round(connect.max_ns / 1e5) == 2


def test_every_format_shows_them() -> None:
    summary = summarize(a_run_of_visits())
    console = Console(file=io.StringIO(), width=120, record=True)
    console.print(render(summary))
    text = " ".join(console.export_text().split())
    benchmark = summary.tables[0].benchmark
    said = (
        "GET /, thinking 100 ms, GET /api, GET /, the app waits 25 ms; 10 users, one trial of 5 s "
        "a stack and round"
    )
    assert conditions(benchmark) == said
    assert said in text
    page = as_html(summary)
    for shown in (text, page):
        for name in (LAST, "iteration", "connect", MEANINGS["iteration"]):
            assert name in shown
    document = json.loads(as_json(summary))
    names = [part["name"] for part in document["summary"]["tables"][0]["rows"][0]["parts"]]
    assert names[1] == "GET /api"


def test_a_step_that_fails_is_counted_where_it_failed() -> None:
    (table,) = summarize(a_run_of_visits(failed=3)).tables
    failed = {part.name: part.failed for part in table.rows[0].parts if part.kind == "step"}
    assert failed == {FIRST: 0, "GET /api": 3 * ROUNDS, LAST: 0}


def test_a_step_that_nobody_reached_has_no_longest_response_time() -> None:
    run = a_run_of_visits()
    never = StepResult(Counts(), "")
    measurements = tuple(
        dataclasses.replace(
            measurement,
            windows=tuple(
                dataclasses.replace(window, steps=(*window.steps[:-1], never))
                for window in measurement.windows
            ),
        )
        for measurement in run.measurements
    )
    summary = summarize(dataclasses.replace(run, measurements=measurements))
    document = json.loads(as_json(summary))
    last = document["summary"]["tables"][0]["rows"][0]["parts"][2]
    assert (last["name"], last["count"], last["max_ns"]) == (LAST, 0, None)
    assert last["p50_ns"]["kind"] == "too-few-responses"


def test_a_benchmark_of_one_request_over_kept_connections_has_none() -> None:
    for table in summarize(a_run()).tables:
        assert all(row.parts == () for row in table.rows)
