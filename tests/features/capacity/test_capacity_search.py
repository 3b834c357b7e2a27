"""The search finds what is known to be true, and says where it cannot."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_servers import (
    PLAN,
    limited,
    logistic,
    once_wrong,
    searched,
    seeded,
    step,
    with_budget,
)

from timetrial.features.capacity.capacity import holds
from timetrial.features.capacity.search import PRECISION

_RUNS = 16
"""Simulated searches a line; benchmarks/capacity_coverage.py makes 2,000 of each."""


@given(st.floats(100, 100_000))
def test_an_edge_is_found_whereever_it_is(capacity_per_s: float) -> None:
    found = searched(step(capacity_per_s)).capacity
    assert found.kind == "found"
    assert found.low_per_s is not None
    assert found.high_per_s is not None
    assert found.low_per_s <= capacity_per_s <= found.high_per_s
    assert found.high_per_s / found.low_per_s < (1 + PRECISION) ** 2.1


def test_it_doubles_then_bisects_then_confirms() -> None:
    phases = [ask.phase for ask in searched(step(3000)).asked]
    assert list(dict.fromkeys(phases)) == ["double", "bisect", "confirm"]
    assert [ask.rate_per_s for ask in searched(step(3000)).asked[:6]] == [
        200, 400, 800, 1600, 3200, 3200
    ]  # fmt: skip


def test_it_halves_where_it_begins_too_high() -> None:
    asked = searched(step(300), replace(PLAN, start_per_s=1000)).asked
    assert list(dict.fromkeys(ask.rate_per_s for ask in asked))[:3] == [1000, 500, 250]


def test_five_rates_are_confirmed_by_five_trials_each_in_random_balanced_order() -> None:
    asked = [ask for ask in searched(step(3000)).asked if ask.phase == "confirm"]
    assert set(Counter(ask.rate_per_s for ask in asked).values()) == {5}
    rounds = [[ask.rate_per_s for ask in asked if ask.block == block] for block in range(1, 6)]
    assert all(len(set(each)) == 5 for each in rounds)
    assert rounds[1] == rounds[0][::-1]
    assert rounds[3] == rounds[2][::-1]
    assert rounds[2] not in (rounds[0], rounds[1])


@pytest.mark.parametrize("number", range(1, 30))
def test_no_single_failed_trial_decides(number: int) -> None:
    found = searched(once_wrong(step(3000), number)).capacity
    assert found.kind == "found"
    assert found.low_per_s is not None
    assert found.high_per_s is not None
    assert found.low_per_s <= 3000 <= found.high_per_s


def test_what_keeps_everything_is_above_the_highest_rate_allowed() -> None:
    found = searched(step(1e9), replace(PLAN, highest_per_s=5000))
    assert found.capacity.kind == "above"
    assert found.capacity.low_per_s == 5000
    assert found.taken.bracket.kept_per_s == 5000


def test_what_misses_everything_is_below_the_lowest_rate_that_can_be_told() -> None:
    found = searched(step(0.0))
    assert found.capacity.kind == "below"
    assert found.capacity.high_per_s == found.taken.plan.lowest_per_s
    assert found.taken.plan.lowest_per_s == pytest.approx(1000 / 40, rel=0.2)


def test_even_one_request_a_second_may_be_too_much() -> None:
    plan = replace(PLAN, requests_needed=20, start_per_s=20)
    found = searched(step(0.0), plan)
    assert found.capacity.high_per_s == 1.0


def test_where_the_generator_ends_the_capacity_is_above() -> None:
    found = searched(limited(step(1e9), 9000))
    assert found.capacity.kind == "above"
    assert found.capacity.low_per_s is not None
    assert 9000 / (1 + PRECISION) ** 2 < found.capacity.low_per_s < 9000
    assert found.taken.bracket.limit_per_s is not None
    assert 9000 <= found.taken.bracket.limit_per_s < 9500


def test_an_edge_below_the_end_of_the_generator_is_found() -> None:
    found = searched(limited(step(7000), 9000)).capacity
    assert found.kind == "found"


def test_a_generator_that_is_always_at_fault_tells_nothing() -> None:
    found = searched(limited(step(1e9), 0.0))
    assert found.capacity.kind == "unknown"
    assert set(found.verdicts) == {"void"}


@given(st.floats(20, 400), st.floats(50, 50_000), st.integers(0, 9))
@settings(max_examples=10)
def test_the_budget_holds(budget_s: float, capacity_per_s: float, seed: int) -> None:
    server = logistic(capacity_per_s, 0.05, seeded(seed))
    assert searched(server, replace(with_budget(budget_s), seed=seed)).passed_s <= budget_s


def test_a_budget_that_ends_in_the_search_leaves_a_bracket() -> None:
    found = searched(step(3000), with_budget(30))
    assert not found.sufficed
    assert found.capacity.kind == "bracket"
    low, high = found.capacity.low_per_s, found.capacity.high_per_s
    assert low is not None
    assert high is not None
    assert low < 3000 <= high == pytest.approx(2 * low, rel=0.01)


def test_a_small_budget_confirms_a_wider_bracket() -> None:
    found = searched(step(3000), with_budget(120))
    assert found.capacity.kind == "found"
    assert found.capacity.low_per_s is not None
    assert found.capacity.high_per_s is not None
    assert found.capacity.low_per_s <= 3000 <= found.capacity.high_per_s


def test_an_interrupted_search_tells_what_it_saw() -> None:
    found = searched(step(3000), most=6).capacity
    assert (found.kind, found.low_per_s, found.high_per_s) == ("bracket", 1600, 3200)


def test_low_rates_get_longer_trials_and_high_ones_enough_for_a_queue() -> None:
    assert PLAN.length_s(100) == pytest.approx(11.3, abs=0.1)
    assert PLAN.length_s(100_000) == 3.0
    assert PLAN.length_s(1) == PLAN.longest_s == 40


def test_rates_beyond_the_confirmed_ones_are_tried_where_the_answer_lies_there() -> None:
    # The noise is much wider than the step between rates.
    searches = [searched(logistic(2000, 0.1, seeded(seed))) for seed in range(3)]
    rates = [len({ask.rate_per_s for ask in s.asked if ask.phase == "confirm"}) for s in searches]
    assert max(rates) > 5
    assert all(s.capacity.kind == "found" for s in searches)


@pytest.mark.parametrize(
    ("width", "starts"), [(0.002, 0.0), (0.02, 0.0), (0.05, 0.0), (0.02, 0.02)]
)
def test_the_interval_covers_the_truth(width: float, starts: float) -> None:
    covered = 0
    for seed in range(_RUNS):
        truth = 2000 * 1.3 ** seeded(seed).random()
        server = logistic(truth, width, seeded(seed), starts)
        found = searched(server, replace(PLAN, seed=seed % 7)).capacity
        low, high = found.low_per_s or 0.0, found.high_per_s or float("inf")
        covered += low <= truth <= high
    assert covered >= 0.9 * _RUNS


@pytest.mark.parametrize(
    ("rate_per_s", "held"), [(2000, "yes"), (4000, "no"), (3000, "cannot tell")]
)
def test_whether_a_rate_is_held_is_told_by_the_interval(rate_per_s: float, held: str) -> None:
    assert holds(searched(step(3000)).capacity, rate_per_s) == held


def test_what_nobody_confirmed_holds_nothing() -> None:
    assert holds(searched(step(3000), with_budget(30)).capacity, 100) == "cannot tell"
