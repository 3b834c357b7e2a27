"""The search finds what is known to be true, and says where it cannot."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_servers import (
    PLAN,
    limited,
    logistic,
    once_wrong,
    scripted_trial,
    searched,
    seeded,
    step,
    with_budget,
)

from timetrial.features.capacity.capacity import Capacity, Safeguard, capacity_of, holds
from timetrial.features.capacity.stopping import FEWEST, PRECISION
from timetrial.features.capacity.trial import PlannedTrial, Verdict

_RUNS = 12
"""Simulated searches a line; benchmarks/capacity_coverage.py makes 1,000 of each."""


def covers(found: Capacity, capacity_per_s: float) -> bool:
    assert found.kind == "found"
    assert found.low_per_s is not None
    assert found.high_per_s is not None
    return found.low_per_s <= capacity_per_s <= found.high_per_s


@given(st.floats(100, 100_000))
@settings(max_examples=8)
def test_an_edge_is_found_whereever_it_is(capacity_per_s: float) -> None:
    search = searched(step(capacity_per_s))
    assert search.sufficed
    found = search.capacity
    assert covers(found, capacity_per_s)
    assert (found.high_per_s or 0) / (found.low_per_s or 1) <= (1 + PRECISION) ** 2.01
    assert found.estimate_per_s == pytest.approx(capacity_per_s, rel=0.01)


def test_it_doubles_until_it_misses_and_is_placed_from_there_on() -> None:
    asked = searched(step(3000)).asked
    assert [ask.rate_per_s for ask in asked[:5]] == [200, 400, 800, 1600, 3200]
    assert [ask.phase for ask in asked] == ["double"] * 5 + ["adapt"] * (len(asked) - 5)
    assert len(asked) >= FEWEST


def test_every_trial_near_the_capacity_has_a_start_of_its_own() -> None:
    asked = searched(step(3000)).asked
    assert [ask.block for ask in asked] == [0] * 5 + [*range(1, len(asked) - 4)]


def test_no_rate_is_more_than_twice_what_was_kept() -> None:
    search = searched(logistic(2000, 0.1, seeded(1)), with_budget(120))
    kept = 100.0
    for ask, verdict in zip(search.asked, search.verdicts, strict=True):
        assert ask.rate_per_s <= 2 * kept
        kept = max(kept, ask.rate_per_s if verdict == "kept" else 0)


def test_it_comes_down_where_it_begins_too_high() -> None:
    found = searched(step(300), replace(PLAN, start_per_s=10_000))
    assert covers(found.capacity, 300)
    assert max(ask.rate_per_s for ask in found.asked) == 10_000


@pytest.mark.parametrize("number", [1, 3, 5, 6, 7, 9, 12, 16])
def test_no_single_failed_trial_decides(number: int) -> None:
    assert covers(searched(once_wrong(step(3000), number)).capacity, 3000)


def test_what_keeps_everything_is_above_the_highest_rate_allowed() -> None:
    found = searched(step(1e9), replace(PLAN, highest_per_s=5000))
    assert found.sufficed
    assert found.capacity.kind == "above"
    assert found.capacity.low_per_s == 5000
    assert found.taken.bracket.kept_per_s == 5000
    assert found.verdicts.count("kept") < 12


def test_what_misses_everything_is_below_the_lowest_rate_that_can_be_told() -> None:
    found = searched(step(0.0))
    assert found.sufficed
    assert found.capacity.kind == "below"
    assert found.capacity.high_per_s == found.taken.plan.lowest_per_s
    assert found.taken.plan.lowest_per_s == pytest.approx(1126 / 120, rel=0.01)


def test_even_one_request_a_second_may_be_too_much() -> None:
    plan = replace(PLAN, requests_needed=20, start_per_s=20)
    found = searched(step(0.0), plan)
    assert found.capacity.high_per_s == 1.0


def test_where_only_void_trials_are_to_be_had_it_is_above_the_rates_below() -> None:
    found = searched(limited(step(1e9), 9000))
    assert found.sufficed
    assert found.capacity.kind == "above"
    assert found.capacity.low_per_s is not None
    assert 8000 <= found.capacity.low_per_s < 9000


def test_a_limit_of_the_generator_beyond_the_answer_does_not_matter() -> None:
    assert covers(searched(limited(step(7000), 9000)).capacity, 7000)


def test_a_generator_that_is_always_at_fault_tells_nothing() -> None:
    found = searched(limited(step(1e9), 0.0))
    assert found.capacity.kind == "unknown"
    assert set(found.verdicts) == {"void"}


@given(st.floats(20, 400), st.floats(50, 50_000), st.integers(0, 9))
@settings(max_examples=6)
def test_the_budget_holds(budget_s: float, capacity_per_s: float, seed: int) -> None:
    server = logistic(capacity_per_s, 0.05, seeded(seed))
    plan = replace(with_budget(budget_s), fresh_start_s=0.5)
    assert searched(server, plan).passed_s <= budget_s


def test_the_same_trials_lead_to_the_same_search() -> None:
    first, second = (searched(logistic(2000, 0.02, seeded(3)), with_budget(120)) for _ in range(2))
    assert first == second


def test_a_budget_that_ends_in_the_search_leaves_a_bracket() -> None:
    found = searched(step(3000), with_budget(24))
    assert not found.sufficed
    assert found.capacity.kind == "bracket"
    low, high = found.capacity.low_per_s, found.capacity.high_per_s
    assert low is not None
    assert high is not None
    assert low < 3000 <= high <= 2.01 * low


def test_a_flat_curve_uses_the_budget_up() -> None:
    found = searched(logistic(2000, 0.08, seeded(0)), with_budget(300))
    assert not found.sufficed
    assert covers(found.capacity, 2000)
    assert found.passed_s > 280


def test_thirty_requests_a_second_are_found_in_eight_minutes() -> None:
    found = searched(logistic(30, 0.01, seeded(0)), with_budget(480)).capacity
    assert covers(found, 30)
    assert (found.high_per_s or math.inf) / (found.low_per_s or 1) < 1.25


def test_an_interrupted_search_tells_what_it_saw() -> None:
    found = searched(step(3000), most=5).capacity
    assert (found.kind, found.low_per_s, found.high_per_s) == ("bracket", 1600, 3200)


def test_low_rates_get_longer_trials_and_high_ones_enough_for_a_queue() -> None:
    assert PLAN.length_s(100) == pytest.approx(11.3, abs=0.1)
    assert PLAN.length_s(100_000) == 3.0
    assert PLAN.length_s(1) == PLAN.longest_s == 120
    assert with_budget(120).lowest_per_s < 30


@pytest.mark.parametrize(
    ("width", "starts"), [(0.002, 0.0), (0.02, 0.0), (0.05, 0.0), (0.02, 0.02)]
)
def test_the_interval_covers_the_truth(width: float, starts: float) -> None:
    covered = 0
    for seed in range(_RUNS):
        truth = 2000 * 1.3 ** seeded(seed).random()
        server = logistic(truth, width, seeded(seed), starts)
        covered += covers(searched(server, with_budget(120)).capacity, truth)
    assert covered >= 0.9 * _RUNS


def test_a_curve_of_another_shape_is_doubted() -> None:
    # Two trials in three keep it up to an edge.
    verdicts: list[tuple[float, Verdict]] = [(1000, "kept")] * 30
    verdicts += [(rate, "kept" if i % 3 else "missed") for rate in (1500, 1900) for i in range(60)]
    verdicts += [(1950, "missed")] * 30
    trials = [
        scripted_trial(number, PlannedTrial("adapt", number, rate, 3.0), verdict)
        for number, (rate, verdict) in enumerate(verdicts, 1)
    ]
    found = capacity_of(replace(searched(step(3000), most=0).taken, trials=tuple(trials)))
    assert found.safeguard == Safeguard(1900, 1950)
    assert found.disagrees
    assert not searched(step(3000)).capacity.disagrees


@pytest.mark.parametrize(
    ("rate_per_s", "held"), [(2000, "yes"), (4000, "no"), (3000, "cannot tell")]
)
def test_whether_a_rate_is_held_is_told_by_the_interval(rate_per_s: float, held: str) -> None:
    assert holds(searched(step(3000)).capacity, rate_per_s) == held


def test_what_nobody_confirmed_holds_nothing() -> None:
    assert holds(searched(step(3000), with_budget(20)).capacity, 100) == "cannot tell"
