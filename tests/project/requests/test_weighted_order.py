"""Requests of different weights are sent in turn, each in proportion and evenly spread."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.project.requests.weighted_order import MOST_STEPS, in_turn, times_each

WEIGHTS = st.lists(st.integers(1, 1_000_000), min_size=1, max_size=MOST_STEPS)


@given(WEIGHTS)
def test_each_share_is_within_one_step_of_the_wanted_one(weights: list[int]) -> None:
    times = times_each(weights)
    assert 1 <= sum(times) <= MOST_STEPS
    for each, weight in zip(times, weights, strict=True):
        assert abs(each / sum(times) - weight / sum(weights)) < 1 / MOST_STEPS


@given(st.lists(st.integers(1, 8), min_size=1, max_size=8), st.integers(1, 1_000))
def test_shares_are_exact_where_the_steps_suffice(weights: list[int], factor: int) -> None:
    divisor = math.gcd(*weights)
    exact = tuple(weight // divisor for weight in weights)
    assert times_each([weight * factor for weight in weights]) == exact


@given(WEIGHTS)
def test_one_pass_has_each_as_often_as_it_should(weights: list[int]) -> None:
    times = times_each(weights)
    sent = Counter(in_turn(times))
    assert tuple(sent[place] for place in range(len(times))) == times


@pytest.mark.parametrize(
    ("times", "order"),
    [
        ((5, 1, 1), [0, 0, 1, 0, 2, 0, 0]),  # the example of nginx's own documentation
        ((1, 1, 1), [0, 1, 2]),
        ((2, 1), [0, 1, 0]),
        ((3,), [0, 0, 0]),
        ((0, 1), [1]),
    ],
)
def test_what_is_frequent_is_spread(times: tuple[int, ...], order: list[int]) -> None:
    assert list(in_turn(times)) == order


@given(st.lists(st.integers(1, 9), min_size=2, max_size=6))
def test_no_request_runs_far_ahead_of_its_share(times: list[int]) -> None:
    so_far: Counter[int] = Counter()
    for done, place in enumerate(in_turn(times), 1):
        so_far[place] += 1
        for each, count in enumerate(times):
            assert abs(so_far[each] - done * count / sum(times)) < len(times)
