"""The paragraph says what was decided, and nothing that was not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
import scenes

from timetrial.model.finding import Finding
from timetrial.model.load import OpenLoad
from timetrial.model.summary import Summary
from timetrial.model.trial import Cell
from timetrial.reports import paragraph
from timetrial.reports.summary_text import passages
from timetrial.reports.table_view import UNDER_CONTENTION


def behind_schedule() -> Summary:
    """One of two stacks does not keep up with an arrival rate."""
    good = scenes.good()
    (waiting,) = (table for table in good.tables if table.benchmark.name == "wait_50ms")
    behind = Finding("behind-schedule", "doubtful", Cell("wait_50ms", "granian"), "it fell behind.")
    table = dataclasses.replace(
        waiting,
        benchmark=dataclasses.replace(waiting.benchmark, load=OpenLoad(160.0)),
        findings=(*waiting.findings, behind),
    )
    return dataclasses.replace(good, tables=(table,))


SAID = {
    "the leader, with its margins": (
        scenes.good,
        "json_query, fastest: granian serves 1.38x [1.35, 1.41] as many requests as uvicorn and ",
    ),
    "what the load was the limit of": (
        scenes.good,
        (
            "wait_50ms, load was the limit: granian and uvicorn reached the limit of 8 "
            "connections: the maximum was not measured."
        ),
    ),
    "what did not reach that": (
        scenes.good,
        "gunicorn, uwsgi and waitress did not reach that.",
    ),
    "other metrics": (
        scenes.good,
        (
            "At p99, granian takes 5.6 % [1.6, 9.1] less time than uwsgi and 28.3 % [25.4, 30.9] "
            "less than uvicorn."
        ),
    ),
    "what answers a rate": (
        behind_schedule,
        (
            "wait_50ms, load was the limit: uvicorn answered all of 160 requests a second: the "
            "maximum was not measured."
        ),
    ),
    "what does not answer a rate": (behind_schedule, "granian fell behind."),
    "the conditions": (
        scenes.good,
        (
            "Taken in 5 rounds on 2 cores (1 for the server, 1 for the load engine), 1 worker a "
            "stack with 1 to 4 threads."
        ),
    ),
    "views that differ": (
        scenes.good,
        (
            "In json_query (and likewise in wait_50ms) the interface decides on the view: WSGI "
            "stacks `/json?items=20` and ASGI stacks `/async/json?items=20`."
        ),
    ),
    "void figures": (
        scenes.troubled,
        ("No figures of gunicorn are shown in json_query and wait_50ms: the findings say why."),
    ),
    "a plateau": (
        scenes.troubled,
        (
            "What uwsgi shows in json_query is a plateau of delayed acknowledgements, not a speed, "
            "and is left out here."
        ),
    ),
    "a lower bound": (
        scenes.troubled,
        "granian may be faster in json_query and wait_50ms than shown: the findings say why.",
    ),
    "a failure": (
        scenes.troubled,
        (
            "waitress failed in every round (start: the main process exited with code 1 before it "
            "answered)."
        ),
    ),
    "too few rounds": (
        scenes.few_rounds,
        "json_query, not decided: a verdict takes 3 rounds, 2 were sound. Highest so far: granian ",
    ),
    "no figure": (scenes.nothing_yet, "json_query, no figures: no server was measured"),
    "no comparison": (scenes.troubled, "json_query, not decided: the notes say why. Highest "),
    "an interruption": (
        scenes.interrupted,
        (
            "The run was interrupted after 23 of its 50 trials. Verdicts hold only if results were "
            "not the reason."
        ),
    ),
    "a duet that nothing confirms": (
        scenes.duet,
        (
            "json_duet loaded two stacks at once on the same cores, shared by thread alone: the "
            "ratios are those under contention. No benchmark in which the same stacks take turns "
            "under the same load confirms json_duet."
        ),
    ),
}


@pytest.mark.parametrize(("scene", "said"), SAID.values(), ids=SAID)
def test_each_thing_that_is_to_be_known_of_a_run_is_said(
    scene: Callable[[], Summary], said: str
) -> None:
    assert said in paragraph(scene())


def test_trouble_is_named_in_a_passage_of_its_own_and_its_figures_are_not_compared() -> None:
    first, second, doubts, _ = passages(scenes.troubled())
    troubled = ("gunicorn", "uwsgi", "granian", "waitress")
    positions = [doubts.index(name) for name in troubled]
    assert positions == sorted(positions)
    assert "gunicorn" not in first + second
    assert "waitress" not in first + second
    assert "second than uwsgi" not in first


@pytest.mark.parametrize("name", ["few_rounds", "interrupted", "nothing_yet"])
def test_without_three_rounds_nobody_is_ahead(name: str) -> None:
    words = paragraph(scenes.ALL[name]())
    assert "fastest" not in words
    assert "detectable" not in words


def test_a_duet_is_labelled() -> None:
    words, _ = passages(scenes.duet())
    assert words.startswith(f"json_duet ({UNDER_CONTENTION}), ")


def test_a_benchmark_with_turns_confirms_a_duet() -> None:
    words = paragraph(scenes.duet(confirmed=True))
    assert "those under contention." in words
    assert "to confirm it" not in words
