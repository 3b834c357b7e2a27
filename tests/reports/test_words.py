"""The paragraph says what was decided, and nothing that was not."""

from __future__ import annotations

import dataclasses
import re

import pytest
import scenes

from timetrial.finding import Finding
from timetrial.load import RateLoad
from timetrial.reports import paragraph
from timetrial.trial import Cell


def test_the_leader_is_named_with_its_margins() -> None:
    words = paragraph(scenes.good())
    assert "In json_query, granian is ahead: it answers 38.9 % [35.5, 42.3] more" in words
    assert "3.21 times [2.99, 3.45] as many as waitress" in words


def test_what_cannot_be_told_apart_is_said() -> None:
    words = paragraph(scenes.good())
    assert re.search(
        r"uvicorn and uwsgi cannot be told apart: the difference could be up to \d\.\d %\.", words
    )


def test_stacks_at_the_clients_ceiling_are_not_called_fast() -> None:
    words = paragraph(scenes.good())
    assert "In wait_50ms, granian and uvicorn hold all 8 connections" in words
    assert "set by the client's shape" in words


def test_a_stack_that_falls_behind_an_arrival_rate_is_not_said_to_keep_up() -> None:
    good = scenes.good()
    (waiting,) = (table for table in good.tables if table.contest.name == "wait_50ms")
    behind = Finding("behind-schedule", "doubtful", Cell("wait_50ms", "granian"), "it fell behind.")
    table = dataclasses.replace(
        waiting,
        contest=dataclasses.replace(waiting.contest, load=RateLoad(160.0)),
        findings=(*waiting.findings, behind),
    )
    words = paragraph(dataclasses.replace(good, tables=(table,)))
    assert "In wait_50ms, uvicorn keeps up with 160 requests a second, and what" in words
    assert "In wait_50ms, granian answers fewer requests than fall due." in words


def test_conditions_are_part_of_it() -> None:
    words = paragraph(scenes.good())
    assert "Taken in 5 rounds on 2 cores (1 for the server, 1 for the load engine)" in words
    assert "1 worker a stack with 1 to 4 threads" in words
    assert "the interface decides on the view: WSGI stacks `/" in words


def test_trouble_is_named_and_its_figures_are_not_compared() -> None:
    words = paragraph(scenes.troubled())
    assert "No figures of gunicorn are shown in json_query and wait_50ms" in words
    assert "uwsgi shows in json_query is a plateau of delayed acknowledgements" in words
    assert "granian may be faster in json_query and wait_50ms than shown" in words
    assert "waitress failed in every round (start: the main process exited" in words
    assert "more requests a second than uwsgi" not in words


@pytest.mark.parametrize("name", ["few_rounds", "interrupted", "nothing_yet"])
def test_without_five_rounds_nobody_is_ahead(name: str) -> None:
    words = paragraph(scenes.ALL[name]())
    assert "ahead" not in words
    assert "cannot be told apart" not in words


def test_an_interrupted_run_says_how_far_it_got() -> None:
    assert "interrupted: 23 of its 50 trials are there." in paragraph(scenes.interrupted())
    assert "In json_query, no stack gave a figure." in paragraph(scenes.nothing_yet())


def test_a_duet_is_labelled_and_says_that_nothing_confirms_it() -> None:
    words = paragraph(scenes.duet())
    assert "In json_duet (under contention), " in words
    assert (
        "json_duet loaded two stacks at once on the same cores, shared by thread alone: the ratios "
        "are those under contention. No contest in which the same stacks take turns under the same "
        "load stands beside json_duet to confirm it."
    ) in words


def test_a_contest_with_turns_confirms_a_duet() -> None:
    words = paragraph(scenes.duet(confirmed=True))
    assert "those under contention." in words
    assert "to confirm it" not in words
