"""A gate on a terminal, as JSON, as JUnit XML, and as GitHub shows it."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from gates_made_up import OPEN, REGRESSION, WITHIN, a_gate, failed, judged, without_figure
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from timetrial.features.gate.github import MOST_SHOWN, commands, markdown
from timetrial.features.gate.json import GATE, gate_as_json
from timetrial.features.gate.judge import NO_INTERVAL
from timetrial.features.gate.judgement import Gate, Undecided, UndecidedKind
from timetrial.features.gate.junit import junit
from timetrial.features.gate.terminal import render_gate
from timetrial.features.gate.text import chosen_text, explained, headline, title
from timetrial.model.events import BaseChosen, ServerChosen
from timetrial.model.metrics import GATED
from timetrial.model.trial import Cell

ALL = a_gate(REGRESSION, WITHIN, OPEN, without_figure())


def shown(gate: Gate, width: int = 120) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(render_gate(gate))
    return captured.get()


def parsed(gate: Gate) -> ET.Element:
    return ET.fromstring(junit(gate))  # noqa: S314 - it was written a line before


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (
            ALL,
            (
                "Failed: 1 of 4 figures is worse by more than 5 %; 1 within the limit, "
                "1 inconclusive, 1 without a figure."
            ),
        ),
        (
            a_gate(WITHIN, WITHIN),
            "Passed: nothing is proven to be worse by more than 5 %; 2 within the limit.",
        ),
        (
            a_gate(OPEN, without_figure()),
            (
                "Inconclusive: nothing is proven to be worse by more than 5 %; 1 inconclusive, "
                "1 without a figure. That passes without --strict."
            ),
        ),
        (
            a_gate(WITHIN, OPEN, strict=True),
            (
                "Failed: because of --strict; nothing is proven to be worse by more than 5 %; "
                "1 within the limit, 1 inconclusive."
            ),
        ),
        (
            replace(a_gate(WITHIN), incomplete=True),
            (
                "Not decided: something failed in the race; nothing is proven to be worse by more "
                "than 5 %; 1 within the limit."
            ),
        ),
    ],
)
def test_the_verdict_says_how_it_ended_and_why(gate: Gate, said: str) -> None:
    assert headline(gate) == said
    label, text = said.split(": ", 1)
    words = " ".join(shown(gate).split())
    assert words.startswith(f"{title(gate)} {label.upper()} {text}")


@pytest.mark.parametrize("width", [60, 80, 160])
def test_a_terminal_shows_every_figure_with_its_interval(width: int) -> None:
    text = shown(ALL, width)
    assert "[-15.0, -10.0]" in text
    assert all(len(line) <= width for line in text.splitlines())
    words = " ".join(text.split())
    assert f"{explained(ALL, without_figure())}." in words
    assert "So it is." in words


def test_figures_that_are_not_judged_for_one_reason_are_counted_where_they_are_many() -> None:
    few = [dataclasses.replace(OPEN, undecided=NO_INTERVAL)] * 3
    said = "uvicorn in json_query, requests a second: inconclusive: too few rounds for an interval."
    assert said in " ".join(shown(a_gate(*few)).split())
    many = " ".join(shown(a_gate(*few, *few)).split())
    assert "6 figures: inconclusive: too few rounds for an interval." in many


def test_what_was_improved_is_said_to_be_better() -> None:
    assert "better" in shown(a_gate(judged(1.1, 1.2)))
    assert "better" not in shown(a_gate(WITHIN))


def test_what_a_gate_has_chosen_is_said_with_how_to_choose_otherwise() -> None:
    assert chosen_text(BaseChosen("main")) == (
        "Compared with main, because that is what the repository merges into; --base-rev chooses "
        "another commit."
    )
    assert chosen_text(ServerChosen("waitress", "it is the usual one")) == (
        "Served by waitress, because it is the usual one; --server chooses another one."
    )


def test_json_holds_everything_and_reads_back() -> None:
    document = GATE.validate_json(gate_as_json(ALL))
    assert document.gate == ALL
    assert (document.passed, document.says) == (False, headline(ALL))


@pytest.mark.parametrize(
    ("undecided", "said"),
    [
        (NO_INTERVAL, "too few rounds for an interval"),
        (
            Undecided(UndecidedKind.TOO_FEW_ROUNDS, 2),
            "2 of the 3 rounds that a verdict takes",
        ),
        (
            Undecided(UndecidedKind.PROVISIONAL),
            "the run is between two looks at its results, and the interval is a provisional one",
        ),
        (
            Undecided(UndecidedKind.NOT_JUDGED),
            "the A/A control, one server measured twice, differed by more than half as much",
        ),
        (
            Undecided(UndecidedKind.BOUND_BY_CLIENT),
            "the load was the limit, not the server",
        ),
    ],
)
def test_what_keeps_a_gate_from_judging_is_said_once_and_in_json_beside_its_code(
    undecided: Undecided, said: str
) -> None:
    gate = a_gate(dataclasses.replace(OPEN, undecided=undecided))
    assert explained(gate, gate.judgements[0]).endswith(f"inconclusive: {said}")
    (written,) = json.loads(gate_as_json(gate))["gate"]["judgements"]
    assert written["undecided"] == {"kind": undecided.kind.value, "rounds": undecided.rounds}
    assert written["reason"] == said


def test_junit_has_a_test_for_each_figure() -> None:
    cases = list(parsed(ALL).iter("testcase"))
    assert [case.get("classname") for case in cases] == ["json_query"] * 4
    metrics = [GATED[judgement.metric].label for judgement in ALL.judgements]
    assert [case.get("name") for case in cases] == [f"uvicorn: {metric}" for metric in metrics]
    assert [case[0].tag for case in cases] == ["failure", "system-out", "skipped", "skipped"]
    suite = parsed(ALL)[0]
    counts = {name: suite.get(name) for name in ("tests", "failures", "skipped", "errors")}
    assert counts == {"tests": "4", "failures": "1", "skipped": "2", "errors": "0"}


def test_junit_of_a_strict_gate_fails_what_keeps_it_shut() -> None:
    strict = dataclasses.replace(ALL, terms=dataclasses.replace(ALL.terms, strict=True))
    cases = list(parsed(strict).iter("testcase"))
    assert [case[0].tag for case in cases] == ["failure", "system-out", "failure", "failure"]


@given(text=st.text())
def test_junit_can_be_read_whatever_names_hold(text: str) -> None:
    named = dataclasses.replace(failed(text), cell=Cell(text, text))
    (case,) = parsed(a_gate(named)).iter("testcase")
    readable = all(char >= " " and not 0xD800 <= ord(char) < 0xE000 for char in text)
    if readable and "\ufffe" not in text and "\uffff" not in text:
        assert case.get("classname") == text


def test_annotations_are_errors_for_what_fails_and_warnings_for_what_cannot_be_told() -> None:
    kinds = [line.partition(" ")[0] for line in commands(ALL)]
    assert kinds == ["::error", "::warning", "::warning"]
    assert commands(ALL)[0] == (
        "::error title=Regression%3A uvicorn in json_query%2C requests a second::-12.5 %25 "
        "[-15.0, -10.0], a regression: the whole interval is worse by more than 5 %25"
    )


@given(text=st.text())
def test_an_annotation_is_one_line_that_ends_where_it_should(text: str) -> None:
    named = dataclasses.replace(failed(text), cell=Cell(text, text))
    (command,) = commands(a_gate(named))
    assert "\n" not in command
    assert "\r" not in command
    head, _, message = command.removeprefix("::warning title=").partition("::")
    assert not set(head) & {":", ","}
    assert _unescaped(message) == f"no figure: start: {text}"


def test_of_more_annotations_than_github_shows_the_last_one_names_the_rest() -> None:
    cells = [Cell("c", f"s{number}") for number in range(MOST_SHOWN + 5)]
    found = commands(a_gate(*(judged(0.8, 0.9, cell=cell) for cell in cells)))
    assert len(found) == MOST_SHOWN
    assert "6 more" in found[-1]
    assert "s14 in c" in found[-1]


def test_the_summary_is_a_table_in_markdown() -> None:
    text = markdown(ALL)
    row = next(line for line in text.splitlines() if "**regression**" in line)
    benchmark, stack, _, change, *_ = row.removeprefix("| ").split(" | ")
    assert (benchmark, stack) == ("json\\_query", "uvicorn")
    assert change.endswith("\\[-15.0, -10.0\\]")
    assert f"**{headline(ALL)}**" in text


@given(text=st.text())
def test_no_name_breaks_the_table_or_becomes_markup(text: str) -> None:
    named = dataclasses.replace(without_figure(), cell=Cell(text, text))
    (row,) = (line for line in markdown(a_gate(named)).split("\n") if "**no figure**" in line)
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 6
    assert not re.search(r"<(?!br)", row)


def _unescaped(text: str) -> str:
    return text.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
