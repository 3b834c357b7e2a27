"""Letters say exactly who was not told apart."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from timetrial.analysis.statistics.compact_letters import letters

NAMES = ["granian", "uvicorn", "uwsgi", "gunicorn", "waitress", "cheroot", "bjoern"]
PAIRS = [frozenset(pair) for pair in itertools.combinations(NAMES, 2)]


@given(st.integers(0, len(NAMES)), st.sets(st.sampled_from(PAIRS)))
def test_two_stacks_share_a_letter_if_and_only_if_they_do_not_differ_significantly(
    count: int, is_significant: set[frozenset[str]]
) -> None:
    stacks = NAMES[:count]
    given_letters = letters(stacks, is_significant)
    assert set(given_letters) == set(stacks)
    for one, other in itertools.combinations(stacks, 2):
        shared = set(given_letters[one]) & set(given_letters[other])
        assert bool(shared) == (frozenset((one, other)) not in is_significant)
    assert all(given_letters.values())


@given(st.sets(st.sampled_from(PAIRS)))
def test_no_letter_says_what_another_says_already(is_significant: set[frozenset[str]]) -> None:
    given_letters = letters(NAMES, is_significant)
    groups = [
        {name for name, own in given_letters.items() if letter in own}
        for letter in set("".join(given_letters.values()))
    ]
    assert not any(a < b for a in groups for b in groups)


def test_letters_follow_the_order_of_the_table() -> None:
    apart = [frozenset(("granian", "uwsgi"))]
    assert letters(["granian", "uvicorn", "uwsgi"], apart) == {
        "granian": "a",
        "uvicorn": "ab",
        "uwsgi": "b",
    }


def test_stacks_that_are_all_alike_share_one_letter() -> None:
    assert set(letters(NAMES, []).values()) == {"a"}
