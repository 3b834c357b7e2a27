"""What is said of a race: each kind of choice in its own words."""

from __future__ import annotations

import dataclasses
import re
import textwrap

import pytest

from races import HALF, a_race, of
from timetrial.analysis.excluded_servers import Excluded
from timetrial.analysis.recommendation import Recommendation, Shortcoming, Unfit
from timetrial.features.race.text import advice, excluded_text, limits
from timetrial.model.finding import Finding
from timetrial.model.race_info import ExcludedServer
from timetrial.model.summary import Estimate, Summary
from timetrial.model.trial import Cell
from timetrial.reports.figures import figure

LEAD = Estimate(1.25, 1.2, 1.3, 8)
LESS = Estimate(0.75, 0.7, 0.8, 8)
FAILED = "it failed in every round (start: no port)"
MOST_SENTENCES, MOST_LINES = 3, 5
"""Of a verdict, at 80 columns."""
NEXT = "with 16 connections it answers 25.0 % [20.0, 30.0] more requests a second than uvicorn"


@pytest.fixture(scope="module")
def summary() -> Summary:
    return of(a_race())


CHOICES = {
    "one": (
        Recommendation("one", ("granian",), behind="uvicorn", lead=LEAD, rounds=8),
        f"Take granian: {NEXT}, the next.",
    ),
    "one, by CPU time": (
        Recommendation("one", ("granian",), "cpu_s_per_1000", "uvicorn", LESS, rounds=8),
        (
            "Take granian: it takes 25.0 % [20.0, 30.0] less CPU time per request than uvicorn, "
            "the next. Throughput does not decide: the load was the limit (see the notes)."
        ),
    ),
    "one, alone": (
        Recommendation("one", ("granian",)),
        "granian raced alone: how it compares with others is not known.",
    ),
    "one, left over": (
        Recommendation("one", ("granian",), excluded=(Excluded("uwsgi", FAILED),)),
        (
            "Only granian has sound figures, so there is nothing to compare it with. Race again "
            "when nothing else runs, or see below why the others were excluded."
        ),
    ),
    "two": (
        Recommendation("any", ("uvicorn", "uwsgi"), max_difference=0.048, rounds=8),
        (
            "uvicorn and uwsgi: no detectable difference in requests a second (at most 4.8 %). "
            "Either of them will do: take the one that you know."
        ),
    ),
    "three, before another": (
        Recommendation(
            "any", ("granian", "gunicorn", "uwsgi"), behind="uvicorn", lead=LEAD, rounds=8
        ),
        (
            "granian, gunicorn and uwsgi: no detectable difference in requests a second. Any of "
            "them will do: take the one that you know."
        ),
    ),
    "much between them": (
        Recommendation("any", ("uvicorn", "uwsgi"), max_difference=0.2, rounds=8),
        (
            "uvicorn and uwsgi: no detectable difference in requests a second (at most 20 %). "
            "Race longer (--budget), or take the one that you know."
        ),
    ),
    "much between them, per core": (
        Recommendation(
            "any", ("uvicorn", "uwsgi"), "capacity_per_core", max_difference=0.2, rounds=8
        ),
        (
            "uvicorn and uwsgi: no detectable difference in capacity per core (at most 20 %). The "
            "machine was disturbed, so capacity per core decides, not throughput. Race longer "
            "(--budget), or take the one that you know."
        ),
    ),
    "one, per core, where throughput left much open": (
        Recommendation(
            "one", ("granian",), "capacity_per_core", "uvicorn", LEAD, throughput_within=0.22
        ),
        (
            "Take granian: it answers 25.0 % [20.0, 30.0] more requests a second per core than "
            "uvicorn, the next. Throughput leaves differences of up to 22 % open, so capacity per "
            "core decides."
        ),
    ),
    "undecided, few rounds": (
        Recommendation("undecided", (), rounds=2),
        "A verdict takes 3 rounds, 2 are there.",
    ),
    "undecided, one round": (
        Recommendation("undecided", (), rounds=1),
        "A verdict takes 3 rounds, 1 is there.",
    ),
    "undecided, not compared": (
        Recommendation("undecided", (), rounds=5),
        "These servers were not compared to the end.",
    ),
    "none": (
        Recommendation("none", (), excluded=(Excluded("uwsgi", FAILED),)),
        "Every server failed or was excluded.",
    ),
    "none, all for one reason": (
        Recommendation(
            "none", (), excluded=(Excluded("uwsgi", FAILED), Excluded("granian", FAILED))
        ),
        (
            "Every server failed or was excluded. All failed for the same reason: look in the app "
            "first."
        ),
    ),
    "none, for two reasons": (
        Recommendation(
            "none", (), excluded=(Excluded("uwsgi", FAILED), Excluded("granian", "it died"))
        ),
        "Every server failed or was excluded.",
    ),
}


@pytest.mark.parametrize(("choice", "said"), CHOICES.values(), ids=CHOICES)
def test_each_kind_of_choice_is_said_in_its_own_words(
    summary: Summary, choice: Recommendation, said: str
) -> None:
    assert advice(summary, choice).verdict == said


NAMES = tuple(f"gunicorn-gthread-{number:02}" for number in range(15))
LONG_CHOICES = {
    **{name: choice for name, (choice, _) in CHOICES.items()},
    "many": Recommendation("any", NAMES, max_difference=0.29, rounds=8),
    "many, by CPU time": Recommendation("any", NAMES, "cpu_s_per_1000", max_difference=0.29),
    "many, per core": Recommendation("any", NAMES, "capacity_per_core", max_difference=0.29),
}


@pytest.mark.parametrize("name", LONG_CHOICES)
def test_a_verdict_has_three_sentences_and_five_lines_at_most(summary: Summary, name: str) -> None:
    verdict = advice(summary, LONG_CHOICES[name]).verdict
    assert len(re.findall(r"[.?!](?= |$)", verdict)) <= MOST_SENTENCES
    assert len(textwrap.wrap(f"NO RECOMMENDATION  {verdict}", 80)) <= MOST_LINES


def test_how_far_several_are_ahead_of_the_next_stands_in_the_details(summary: Summary) -> None:
    choice, _ = CHOICES["three, before another"]
    assert advice(summary, choice).more == (
        f"Of them, granian has the best figure: {NEXT}, the next.",
    )


def test_a_faster_server_that_is_not_fit_is_named_with_the_reason(summary: Summary) -> None:
    better = Unfit("bjoern", "its last release is of September 2022", Estimate(1.11, 1.05, 1.17, 8))
    choice = Recommendation("one", ("uvicorn",), rounds=8, better_unfit=better)
    assert advice(summary, choice).but == (
        "bjoern answers 11.0 % [5.0, 17.0] more requests a second than uvicorn. It is not "
        "recommended for production: its last release is of September 2022 (--any recommends "
        "among all)."
    )


def test_the_highest_figure_of_a_race_that_decides_nothing_is_named(summary: Summary) -> None:
    said = advice(summary, Recommendation("undecided", ("granian",), rounds=3)).verdict
    known = advice(summary, Recommendation("undecided", (), rounds=3)).verdict
    assert said.startswith(f"{known} Highest so far: ")
    best = figure(next(r.throughput for r in summary.tables[0].rows if r.stack.name == "granian"))
    assert f"granian, {best.text} requests" in said


@pytest.mark.parametrize(
    ("watch", "said"),
    [
        pytest.param(
            Shortcoming("granian", "p99_ns", "uvicorn", LEAD, HALF),
            "At 700 requests a second, granian takes 25.0 % [20.0, 30.0] more time than uvicorn "
            "at p99 (9.75 ms against 9.93 ms). Where slow responses matter more than capacity, "
            "take uvicorn.",
            id="slow tails",
        ),
        pytest.param(
            Shortcoming("granian", "memory_bytes", "uwsgi", LEAD, "saturation"),
            "granian needs 25.0 % [20.0, 30.0] more memory than uwsgi (70.9 MiB against 53.9 MiB).",
            id="memory",
        ),
        pytest.param(
            Shortcoming("granian", "cpu_s_per_1000", "uwsgi", LEAD, "saturation"),
            "To answer a request, granian takes 25.0 % [20.0, 30.0] more CPU time than uwsgi.",
            id="CPU time",
        ),
    ],
)
def test_what_is_to_be_watched_is_a_sentence(
    summary: Summary, watch: Shortcoming, said: str
) -> None:
    choice = Recommendation("one", ("granian",), behind="uvicorn", lead=LEAD, watch=(watch,))
    assert advice(summary, choice).but == said
    several = Recommendation("any", ("granian", "gunicorn"), watch=(watch,))
    assert advice(summary, several).but == ""
    assert len(advice(summary, several).more) == 1


def test_what_is_to_be_watched_does_not_displace_a_faster_server(summary: Summary) -> None:
    better = Unfit("bjoern", "its last release is of September 2022", Estimate(1.11, 1.05, 1.17, 8))
    watch = Shortcoming("granian", "memory_bytes", "uwsgi", LEAD, "saturation")
    choice = Recommendation("one", ("granian",), behind="uvicorn", lead=LEAD, watch=(watch,))
    both = advice(summary, dataclasses.replace(choice, better_unfit=better))
    assert both.but.startswith("bjoern answers")
    assert both.more == (advice(summary, choice).but,)


def test_of_several_with_a_slow_tail_no_other_one_is_advised(summary: Summary) -> None:
    watch = Shortcoming("granian", "p99_ns", "uvicorn", LEAD, HALF)
    choice = Recommendation("any", ("granian", "uwsgi"), watch=(watch,))
    assert "take uvicorn" not in " ".join(advice(summary, choice).paragraphs)


def test_a_server_that_is_excluded_is_named_with_its_reason(summary: Summary) -> None:
    choice = Recommendation("undecided", (), excluded=(Excluded("uwsgi", FAILED),))
    said = f"Excluded: uwsgi, {FAILED}."
    assert advice(summary, choice).more == (said,)


def test_a_server_that_a_disturbed_machine_kept_from_being_judged_is_not_blamed(
    summary: Summary,
) -> None:
    excluded = (Excluded("uwsgi", "steal in saturation: 9 %", disturbed=True),)
    said = advice(summary, Recommendation("undecided", (), excluded=excluded))
    assert said.verdict == "The machine was disturbed: race again when nothing else runs."
    assert said.more == ("Not judged: uwsgi, steal in saturation: 9 %.",)


def test_doubts_of_what_is_recommended_are_named(summary: Summary) -> None:
    cells = [Cell("saturation", name) for name in ("granian", "uwsgi")]
    findings = tuple(Finding("stray-cpu", "doubtful", cell, "it is.") for cell in cells)
    first, *rest = summary.tables
    tables = (dataclasses.replace(first, findings=findings), *rest)
    doubted = dataclasses.replace(summary, tables=tables)
    choice = Recommendation("one", ("granian",), behind="uvicorn", lead=LEAD)
    said = "Doubts about granian: see the notes (stray-cpu)."
    assert advice(doubted, choice).more == (said,)


@pytest.mark.parametrize(("ready_s", "count"), [(2.9, 0), (3.0, 1), (7.0, 1)])
def test_an_app_that_is_slow_to_start_under_every_server_is_said_to_be(
    summary: Summary, ready_s: float, count: int
) -> None:
    lives = tuple(
        dataclasses.replace(life, ready_ns=life.started_ns + round(ready_s * 1e9))
        for life in summary.run.lives
    )
    slow = dataclasses.replace(summary, run=dataclasses.replace(summary.run, lives=lives))
    said = (
        f"Under every server it takes {ready_s} s or more from the start to the first response: "
        "most of that is the app's own."
    )
    assert advice(slow, Recommendation("undecided", ())).more == (said,) * count


def test_servers_that_took_no_part_for_one_reason_share_a_sentence() -> None:
    names = [ExcludedServer(f"server-{number}", "for ASGI apps") for number in range(8)]
    one, other = excluded_text([*names[:2], ExcludedServer("other", "too old")])
    assert one == f"server-0 and server-1: {names[0].why}."
    assert other == "other: too old."
    (many,) = excluded_text(names)
    assert "and 2 more: " in many


def test_the_sentence_that_limits_all_names_load_app_and_machine(summary: Summary) -> None:
    race_info = summary.run.plan.suite.race_info
    assert race_info is not None
    said = (
        "This holds for 16 connections on 2 paths, Django 5.2.9 on CPython 3.11.7, Example CPU @ "
        "2.70GHz. The app used the services named in its settings. Load and servers "
        "shared one machine: over a network, and where the app waits for others, servers differ by "
        "less. A machine with more CPUs can run more processes than were measured."
    )
    assert next(limits(summary, race_info)) == said
