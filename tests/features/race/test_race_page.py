"""The page of a race: one table, a recommendation in words, the command, and what limits it."""

from __future__ import annotations

import dataclasses
import io
import json
import shlex

import pytest
from rich.console import Console

from races import ROUNDS, a_race
from runs import CHARACTERS, a_failure, a_run, cut_short
from timetrial.analysis.recommendation import Recommendation
from timetrial.analysis.summarize import summarize
from timetrial.features.race.terminal import render
from timetrial.features.race.text import advice
from timetrial.features.race.view import RacePage, race_page
from timetrial.features.run_report import ADDITIONS
from timetrial.model.dropped_stack import DroppedStack
from timetrial.model.run import Run
from timetrial.model.summary import Summary
from timetrial.reports import as_html, as_json
from timetrial.reports.conditions import under_which
from timetrial.reports.markdown import as_markdown

COMMAND = ("granian", "--bind", "0.0.0.0:8000", "shop.wsgi")


_SUMMARIES: dict[int, tuple[Run, Summary]] = {}
"""By the identity of the run, which is kept so that no other can get it."""


def summary_of(run: Run) -> Summary:
    """Summarize a run once: each test looks at it from several sides."""
    if id(run) not in _SUMMARIES:
        _SUMMARIES[id(run)] = run, summarize(run)
    return _SUMMARIES[id(run)][1]


def page_of(run: Run) -> RacePage:
    page = race_page(summary_of(run))
    assert page is not None
    return page


def printed(run: Run, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(render(summary_of(run)))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


def flat(run: Run, width: int = 120) -> str:
    return " ".join(printed(run, width).split())


def advised(run: Run) -> tuple[Recommendation, str]:
    """Return what is chosen, and what a terminal shows: every word of the advice is in it."""
    page, text = page_of(run), flat(run)
    assert page.advice == advice(summary_of(run), page.choice)
    assert all(" ".join(paragraph.split()) in text for paragraph in page.advice.paragraphs)
    return page.choice, text


def test_a_run_that_is_no_race_has_no_such_page() -> None:
    assert race_page(summary_of(a_run())) is None
    assert "Recommendation" not in printed(a_run())


def test_a_line_has_the_figures_of_both_benchmarks() -> None:
    page = page_of(a_race())
    assert page.latency_heads == (("p50", "at 50%"), ("p99", "at 50%"))
    first = page.lines[0]
    assert first.row.name == "granian"
    assert first.recommended
    assert [figure.missing for figure in first.latencies_ms] == [False, False]
    assert first.start_s.text == "0.731"
    assert first.failed == "0"


def test_the_winner_comes_with_its_lead_and_its_command() -> None:
    choice, text = advised(a_race())
    assert (choice.kind, choice.stacks, choice.behind) == ("one", ("granian",), "uvicorn")
    assert "pip install granian==1.0" in text
    assert shlex.join(COMMAND) in text


def test_of_several_each_has_its_command() -> None:
    choice, text = advised(a_race(("uvicorn", "uwsgi", "gunicorn")))
    assert (choice.kind, choice.stacks) == ("any", ("uvicorn", "uwsgi"))
    for name in choice.stacks:
        assert f"{name}: pip install {name}==1.0" in text
    assert "gunicorn: pip install" not in text


def test_slow_tails_are_told_with_who_has_none() -> None:
    choice, text = advised(a_race(times_ms={"granian": (4.0, 30.0), "uvicorn": (4.0, 6.0)}))
    watch = choice.watch[0]
    assert (watch.stack, watch.metric, watch.other) == ("granian", "p99_ns", "uvicorn")
    assert "Where slow responses matter more than capacity, take uvicorn." in text


def test_who_failed_is_out_of_the_question_with_its_reason() -> None:
    failures = [a_failure("waitress", number) for number in range(1, ROUNDS + 1)]
    choice, text = advised(a_race(failures=failures))
    (excluded,) = choice.excluded
    assert excluded.stack == "waitress"
    assert failures[0].reason in excluded.why
    assert f"waitress, {excluded.why}." in text


def test_where_all_failed_nothing_is_recommended_and_no_command_shown() -> None:
    failures = [a_failure(name, n) for name in CHARACTERS for n in range(1, ROUNDS + 1)]
    choice, text = advised(a_race(failures=failures))
    assert (choice.kind, len(choice.excluded)) == ("none", len(CHARACTERS))
    assert "pip install" not in text


def test_who_is_left_alone_is_not_said_to_be_the_best() -> None:
    failures = [a_failure("uvicorn", n) for n in range(1, ROUNDS + 1)]
    choice, text = advised(a_race(("granian", "uvicorn"), failures=failures))
    assert (choice.kind, choice.stacks, choice.behind) == ("one", ("granian",), "")
    assert "granian raced alone" in flat(a_race(("granian",)))
    assert "Take granian" not in text


def test_too_few_rounds_are_said_to_decide_nothing() -> None:
    choice, text = advised(a_race(rounds=2))
    assert (choice.kind, choice.stacks[0], choice.rounds) == ("undecided", "granian", 2)
    assert "pip install" not in text


def test_who_took_no_part_is_named_with_why() -> None:
    run = a_race()
    race_info = run.plan.suite.race_info
    assert race_info is not None
    (excluded_servers,) = race_info.excluded_servers
    assert page_of(run).excluded_servers == (f"daphne: {excluded_servers.why}.",)
    assert f"daphne: {excluded_servers.why}." in flat(run)


def test_what_limits_all_stands_on_the_page_with_the_conditions_of_the_run() -> None:
    run = a_race()
    said = page_of(run).limits
    assert said[-1] == " ".join(under_which(summary_of(run)))
    text = flat(run)
    assert all(paragraph in text for paragraph in said)


def test_an_app_that_is_slow_to_start_is_said_to_be() -> None:
    run = a_race()
    slow = tuple(
        dataclasses.replace(life, ready_ns=life.started_ns + 7_000_000_000) for life in run.lives
    )
    _, text = advised(dataclasses.replace(run, lives=slow))
    assert "7.0 s" in text


@pytest.mark.parametrize("measurements", [0, 1, 11])
def test_an_interrupted_race_is_shown_as_far_as_it_got(measurements: int) -> None:
    text = flat(cut_short(a_race(), measurements))
    assert "Recommendation" in text
    assert "pip install" not in text


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, printed(a_race(), width).splitlines())) <= width


def test_the_html_page_has_the_verdict_on_top() -> None:
    page = as_html(summary_of(a_race()), ADDITIONS)
    assert page.index("Take granian") < page.index('id="race"') < page.index('id="benchmark:')
    assert shlex.join(COMMAND) in page


def test_json_has_the_choice() -> None:
    choice = json.loads(as_json(summary_of(a_race())))["recommendation"]
    assert (choice["kind"], choice["stacks"]) == ("one", ["granian"])
    assert json.loads(as_json(summary_of(a_run())))["recommendation"] is None


def test_who_left_is_marked_with_its_last_round_in_every_form() -> None:
    run = a_race()
    left = dataclasses.replace(run, dropped=(DroppedStack("saturation", "waitress", 3),))
    assert "left after round 3" in flat(left)
    assert "by more than 10 %, left: waitress after round 3." in " ".join(
        under_which(summary_of(left))
    )
    assert "left after round 3" in as_html(summary_of(left), ADDITIONS)
    assert "left after round 3" in as_markdown(summary_of(left))
    (table, *_) = json.loads(as_json(summary_of(left)))["summary"]["tables"]
    rounds = {row["stack"]["name"]: row["dropped_after_round"] for row in table["rows"]}
    assert rounds["waitress"] == 3
    assert rounds["granian"] is None
