"""What trials say of a pass curve, and where the next one tells most."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timetrial.features.capacity.placement import Allowed, next_rate
from timetrial.features.capacity.plan import SearchPlan
from timetrial.features.capacity.posterior import LAPSE, Outcome, Span, chance, posterior
from timetrial.features.capacity.stopping import ends, is_above, is_below, is_precise

SPAN = Span(math.log(5), math.log(1e6))
PLAN = SearchPlan(1000, 200, 1e6, 120)
OUTCOMES = st.lists(
    st.builds(Outcome, st.floats(10, 100_000), st.booleans()), max_size=12
)  # fmt: skip


@given(OUTCOMES)
@settings(max_examples=40)
def test_it_is_a_distribution_within_the_span(outcomes: Sequence[Outcome]) -> None:
    known = posterior(SPAN, outcomes)
    assert known.weights.sum() == pytest.approx(1)
    assert known.weights.min() >= 0
    rates = [known.quantile(q) for q in (0.0, 0.025, 0.5, 0.975, 1.0)]
    assert rates == sorted(rates)
    assert rates[1] > 4
    assert rates[3] < 1.2e6


@given(OUTCOMES)
@settings(max_examples=20)
def test_one_trial_after_the_other_says_what_all_say_at_once(outcomes: Sequence[Outcome]) -> None:
    whole, grown = posterior(SPAN, outcomes), posterior(SPAN)
    for outcome in outcomes:
        grown = grown.plus(outcome)
    step = max(whole.grid.step, grown.grid.step)
    for q in (0.025, 0.5, 0.975):
        assert abs(math.log(whole.quantile(q) / grown.quantile(q))) < 2 * step


@given(OUTCOMES, st.floats(10, 100_000))
@settings(max_examples=20)
def test_what_is_kept_speaks_for_more_and_what_is_missed_for_less(
    outcomes: Sequence[Outcome], rate_per_s: float
) -> None:
    known = posterior(SPAN, outcomes)
    kept, missed = (
        posterior(SPAN, [*outcomes, Outcome(rate_per_s, kept=kept)]) for kept in (True, False)
    )
    step = max(each.grid.step for each in (known, kept, missed))
    assert math.log(kept.quantile(0.5) / missed.quantile(0.5)) > -step
    assert kept.above(rate_per_s) >= missed.above(rate_per_s) - 1e-3


@given(OUTCOMES, st.floats(10, 1000), st.floats(1, 100))
@settings(max_examples=20)
def test_the_next_rate_is_allowed_and_always_the_same(
    outcomes: Sequence[Outcome], lowest: float, ratio: float
) -> None:
    known, allowed = posterior(SPAN, outcomes), Allowed(lowest, lowest * ratio)
    rate = next_rate(known, allowed, PLAN.cost_s)
    assert allowed.lowest_per_s <= rate <= allowed.highest_per_s
    assert rate == next_rate(posterior(SPAN, outcomes), allowed, PLAN.cost_s)


def test_a_trial_is_placed_where_its_outcome_is_open() -> None:
    known = posterior(SPAN, [Outcome(1000, kept=True), Outcome(2000, kept=False)] * 3)
    assert 1000 < next_rate(known, Allowed(10, 1e5), PLAN.cost_s) < 2000


def test_where_the_rest_is_alike_the_shorter_trial_is_taken() -> None:
    known = posterior(SPAN, [Outcome(1000, kept=True), Outcome(2000, kept=False)] * 3)
    slow = next_rate(known, Allowed(10, 1e5), lambda rate: rate**-8)
    assert slow > next_rate(known, Allowed(10, 1e5), lambda _rate: 1.0)


def test_a_curve_falls_with_the_rate_from_one_lapse_to_the_other() -> None:
    (low,), (middle,), (high,) = (
        chance(known_rate, known_rate[:1] * 0 + math.log(1000))
        for known_rate in (posterior(SPAN).grid.logs[:1] * 0 + math.log(r) for r in (1, 1e3, 1e6))
    )
    assert low == pytest.approx(1 - LAPSE)
    assert middle == pytest.approx(0.5)
    assert high == pytest.approx(LAPSE)


def test_few_trials_or_a_flat_curve_are_not_precise() -> None:
    edge = [Outcome(rate, kept=rate < 1000) for rate in (*range(980, 1020, 5),) * 4]
    assert is_precise(posterior(SPAN, edge))
    assert not is_precise(posterior(SPAN, edge[:15]))
    flat = [Outcome(1000 * ratio, kept=kept) for ratio in (0.9, 1.1) for kept in (True, False)]
    assert not is_precise(posterior(SPAN, flat * 8))


def test_beyond_what_is_tried_several_trials_decide_and_not_one() -> None:
    kept, missed = (Outcome(1000, kept=value) for value in (True, False))
    span = Span(math.log(250), math.log(4000))
    assert not is_above(posterior(span, [kept]), 1000)
    assert is_above(posterior(span, [kept] * 3), 1000)
    assert not is_below(posterior(span, [missed]), 1000)
    assert is_below(posterior(span, [missed] * 3), 1000)


def test_ends_close_in_on_an_edge() -> None:
    low, high = ends(posterior(SPAN, [Outcome(990, kept=True), Outcome(1010, kept=False)] * 15))
    assert 960 < low < 1000 < high < 1040
