"""Lists and counts as people read them, and texts of others, which do nothing but be read."""

from __future__ import annotations

import json

import pytest

from timetrial.model.text import (
    alternatives,
    comma_separated,
    counted,
    is_plain,
    listed,
    visible,
    visible_json,
)


@pytest.mark.parametrize(
    ("items", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (list("abc"), "a, b and c")],
)
def test_things_are_listed_as_in_a_sentence(items: list[str], text: str) -> None:
    assert listed(items) == text


def test_what_is_listed_may_be_named_before_it() -> None:
    assert listed(["2"], "round ", "rounds ") == "round 2"
    assert listed(["2", "5"], "round ", "rounds ") == "rounds 2 and 5"


def test_numbers_are_separated_by_commas_or_by_or() -> None:
    assert comma_separated([0, 2, 3]) == "0, 2, 3"
    assert alternatives((1, 143)) == "1 or 143"


@pytest.mark.parametrize(
    ("number", "spec", "text"),
    [(1, "", "1 pair"), (0, "", "0 pairs"), (1_200, ",", "1,200 pairs"), (2.5, "g", "2.5 pairs")],
)
def test_a_count_has_its_noun_in_the_right_number(number: float, spec: str, text: str) -> None:
    assert counted(number, "pair", spec) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x07", r"\x1b[2J\x07"),
        ("\x9b31m\x85", r"\x9b31m\x85"),
        ("user\u202etxt.exe\u2066", r"user\u202etxt.exe\u2066"),
        ("50 %\rdone", r"50 %\x0ddone"),
        ("caf\udce9", r"caf\udce9"),
        ("a\tb\r\nc\n", "a\tb\r\nc\n"),
        ("Größe · 速度 👩\u200d💻", "Größe · 速度 👩\u200d💻"),
    ],
)
def test_what_acts_on_a_terminal_is_shown_instead(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert visible(shown) == shown


def test_a_name_is_plain_if_all_of_it_can_be_seen_on_one_line() -> None:
    assert is_plain("GET /größe?a=1")
    assert not any(map(is_plain, ("a\nb", "a\tb", "a\x1b", "a\u202e", "a\x7f")))


def test_json_that_is_shown_says_the_same_without_acting_on_a_terminal() -> None:
    named = {"name": "a\u202eb\x9b2J\x7f\u2028\x1b", "größe": 1}
    text = visible_json(json.dumps(named, ensure_ascii=False, indent=2))
    assert visible(text) == text
    assert "größe" in text
    assert json.loads(text) == named
