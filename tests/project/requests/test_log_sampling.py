"""A few requests stand for the many of a log, each kind as often as all of it came."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.project.requests.log_sampling import choose, kind_of
from timetrial.project.requests.weighted_order import MOST_STEPS

PATHS = st.sampled_from(["/", "/a", "/a/7", "/a/8", "/a/9", "/b?q=1", "/b?q=2", "/c/x1/d"])
NAMED = st.tuples(st.sampled_from(["GET", "HEAD"]), PATHS)
SEEN = st.dictionaries(NAMED, st.integers(1, 10_000), min_size=1)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "/"),
        ("/about", "/about"),
        ("/items/7", "/items/*"),
        ("/items/7/edit", "/items/*/edit"),
        ("/items/7?page=2&sort=asc", "/items/*?page&sort"),
        ("/search?q=a&q=b", "/search?q"),
        ("/users/550e8400-e29b-41d4-a716-446655440000", "/users/*"),
        ("/blog/how-to-race-a-server", "/blog/*"),
        ("/sign-up", "/sign-up"),
        ("/caf%C3%A9", "/*"),
    ],
)
def test_paths_of_one_kind_differ_in_numbers_keys_titles_and_values(path: str, kind: str) -> None:
    assert kind_of(path) == kind


def test_a_long_tail_is_sent_as_often_as_it_came() -> None:
    tail = {("GET", f"/items/{n}"): 1 for n in range(1_000)}
    chosen = choose({("GET", "/"): 1_000, **tail}, {})
    assert chosen.kinds == 2
    assert chosen.times["GET", "/"] == 32
    assert sum(chosen.times.values()) == 64
    assert len(chosen.times) == 33


def test_what_is_no_longer_told_apart_counts_for_its_kind() -> None:
    seen = {("GET", "/"): 10, ("GET", "/items/1"): 2}
    assert dict(choose(seen, {("GET", "/items/*"): 28}).times) == {
        ("GET", "/items/1"): 3,
        ("GET", "/"): 1,
    }


def test_of_a_kind_the_most_frequent_are_sent() -> None:
    seen = {("GET", "/a/1"): 90, ("GET", "/a/2"): 10, ("GET", "/b"): 100}
    assert dict(choose(seen, {}).times) == {
        ("GET", "/b"): 32,
        ("GET", "/a/1"): 29,
        ("GET", "/a/2"): 3,
    }


def test_kinds_that_are_too_rare_are_told() -> None:
    chosen = choose({("GET", "/"): 9_999, ("GET", "/rare"): 1}, {})
    assert chosen.unsent == {("GET", "/rare"): 1}
    assert list(chosen.times) == [("GET", "/")]


@given(SEEN)
def test_each_kind_has_its_share(seen: dict[tuple[str, str], int]) -> None:
    chosen = choose(seen, {})
    steps = sum(chosen.times.values())
    assert 1 <= steps <= MOST_STEPS
    came: Counter[tuple[str, str]] = Counter()
    sent: Counter[tuple[str, str]] = Counter()
    for (method, path), times in seen.items():
        came[method, kind_of(path)] += times
        sent[method, kind_of(path)] += chosen.times.get((method, path), 0)
    for kind, times in came.items():
        assert abs(sent[kind] / steps - times / came.total()) < 1 / 32
