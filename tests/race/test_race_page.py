"""The page of a race: one table, a recommendation in words, the command, and what limits it."""

from __future__ import annotations

import dataclasses
import io
import json

import pytest
from races import ROUNDS, a_race
from rich.console import Console

from runs import CHARACTERS, a_failure, a_run, cut_short
from timetrial.reports import as_html, as_json, render
from timetrial.reports.race_view import RacePage, race_page
from timetrial.run import Run
from timetrial.summarize import summarize


def page_of(run: Run) -> RacePage:
    page = race_page(summarize(run))
    assert page is not None
    return page


def printed(run: Run, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(render(summarize(run)))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


def flat(run: Run, width: int = 120) -> str:
    return " ".join(printed(run, width).split())


def test_a_run_that_is_no_race_has_no_such_page() -> None:
    assert race_page(summarize(a_run())) is None
    assert "Recommendation" not in printed(a_run())


def test_a_line_has_the_figures_of_both_contests() -> None:
    page = page_of(a_race())
    assert page.latency_heads == (("p50", "at 50%"), ("p99", "at 50%"))
    first = page.lines[0]
    assert first.row.name == "granian"
    assert first.recommended
    assert [figure.missing for figure in first.latencies_ms] == [False, False]
    assert first.start_s.text == "0.731"
    assert first.failed == "0"


def test_the_winner_comes_with_its_lead_and_its_command() -> None:
    text = flat(a_race())
    assert "Take granian: with 16 connections it answers" in text
    assert "more requests a second than uvicorn, the next." in text
    assert "pip install granian==1.0" in text
    assert "granian --bind 0.0.0.0:8000 shop.wsgi" in text


def test_a_winner_whose_interval_includes_no_difference_is_explained() -> None:
    summary = summarize(a_race())
    capacity, *others = summary.tables
    first, *rest = capacity.comparisons
    wide = dataclasses.replace(first.ratio, low=0.99, high=1.4)
    odd = dataclasses.replace(first, ratio=wide, verdict="higher")
    table = dataclasses.replace(capacity, comparisons=(odd, *rest))
    page = race_page(dataclasses.replace(summary, tables=(table, *others)))
    assert page is not None
    (said,) = (remark for remark in page.remarks if "Told apart by Holm's procedure" in remark)
    assert "uvicorn and granian in requests a second" in said


def test_of_several_each_has_its_command() -> None:
    text = flat(a_race(("uvicorn", "uwsgi", "gunicorn")))
    assert "Either of these two will do: uvicorn and uwsgi cannot be told apart" in text
    assert "Take the one that you know." in text
    assert "uvicorn: pip install uvicorn==1.0" in text
    assert "uwsgi: pip install uwsgi==1.0" in text
    assert "gunicorn: pip install" not in text


def test_slow_tails_are_told_with_who_has_none() -> None:
    text = flat(a_race(times_ms={"granian": (4.0, 30.0), "uvicorn": (4.0, 6.0)}))
    assert "What to watch: at 700 requests a second, granian takes" in text
    assert "as much time as uvicorn for the slowest 1 % of responses" in text
    assert "where these matter more than capacity, take uvicorn." in text


def test_who_failed_is_out_of_the_question_with_its_reason() -> None:
    failures = [a_failure("waitress", number) for number in range(1, ROUNDS + 1)]
    text = flat(a_race(failures=failures))
    assert "Out of the question: waitress, it failed in every round (start: the main" in text


def test_where_all_failed_nothing_is_recommended_and_no_command_shown() -> None:
    failures = [a_failure(name, n) for name in CHARACTERS for n in range(1, ROUNDS + 1)]
    text = flat(a_race(failures=failures))
    assert "Nothing can be recommended: no server got through this race unscathed." in text
    assert "All of them failed alike: look for the reason in the app first." in text
    assert "pip install" not in text


def test_who_is_left_alone_is_not_said_to_be_the_best() -> None:
    failures = [a_failure("uvicorn", n) for n in range(1, ROUNDS + 1)]
    text = flat(a_race(("granian", "uvicorn"), failures=failures))
    assert "Only granian got through this race unscathed, so that there is nothing to" in text
    assert "granian raced alone" in flat(a_race(("granian",)))
    assert "Take granian" not in text


def test_too_few_rounds_are_said_to_decide_nothing() -> None:
    text = flat(a_race(rounds=3))
    assert "Nothing is decided: a verdict takes 5 rounds, 3 are there." in text
    assert "The highest figure so far is that of granian" in text
    assert "pip install" not in text


def test_who_took_no_part_is_named_with_why() -> None:
    assert "Not in this race daphne: for ASGI apps (this one is WSGI)." in flat(a_race())


def test_the_sentence_that_limits_all_names_load_app_and_machine() -> None:
    limits = " ".join(page_of(a_race()).limits)
    assert "This holds for 16 connections on 2 paths, Django 5.2.9 on CPython 3.11.7" in limits
    assert "Example CPU @ 2.70GHz" in limits
    assert "Taken in 8 rounds on 2 cores" in limits
    assert "Load and servers shared one machine" in limits


def test_an_app_that_is_slow_to_start_is_said_to_be() -> None:
    run = a_race()
    slow = tuple(
        dataclasses.replace(life, ready_ns=life.started_ns + 7_000_000_000) for life in run.lives
    )
    text = flat(dataclasses.replace(run, lives=slow))
    assert "Under every server it takes 7.0 s or more from the start" in text


@pytest.mark.parametrize("measurements", [0, 1, 23])
def test_an_interrupted_race_is_shown_as_far_as_it_got(measurements: int) -> None:
    text = flat(cut_short(a_race(), measurements))
    assert "Recommendation" in text
    assert "pip install" not in text


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, printed(a_race(), width).splitlines())) <= width


def test_the_html_page_has_the_verdict_on_top() -> None:
    page = as_html(summarize(a_race()))
    assert page.index("Take granian") < page.index('id="race"') < page.index('id="contest:')
    assert "granian --bind 0.0.0.0:8000 shop.wsgi" in page


def test_json_has_the_choice() -> None:
    choice = json.loads(as_json(summarize(a_race())))["choice"]
    assert (choice["kind"], choice["stacks"]) == ("one", ["granian"])
    assert json.loads(as_json(summarize(a_run())))["choice"] is None
