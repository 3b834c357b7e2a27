"""Two stacks at a time: paired within rounds, decided over rounds."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs import a_measurement, a_window
from timetrial.analysis.statistics.comparisons import compare, interval_disagrees, is_significant
from timetrial.analysis.statistics.pairs import Rounds, round_difference
from timetrial.model.measurement import Window
from timetrial.model.summary import Comparison, Estimate


def rounds_at(rates: Sequence[int], windows: int = 2, *, cpu_s: float | None = 0.4) -> Rounds:
    """Give one measurement a round, all of its windows at that rate."""
    return {
        number: a_measurement(
            [
                a_window(index=i, completions=rate, times_ms={1.0: 1}, cpu_s=cpu_s)
                for i in range(windows)
            ],
            round_=number,
        )
        for number, rate in enumerate(rates, start=1)
    }


def only(comparisons: Sequence[Comparison]) -> Comparison:
    (comparison,) = comparisons
    return comparison


@given(st.lists(st.tuples(st.integers(50, 9_000), st.integers(50, 9_000)), min_size=1, max_size=8))
def test_turning_a_pair_around_inverts_its_ratio(rates: list[tuple[int, int]]) -> None:
    rounds = {"a": rounds_at([a for a, _ in rates]), "b": rounds_at([b for _, b in rates])}
    one = only(compare("throughput", ["b", "a"], rounds))
    other = only(compare("throughput", ["a", "b"], rounds))

    assert (one.a, one.b) == ("a", "b")
    assert one.ratio.value == pytest.approx(1 / other.ratio.value)
    assert one.p_adjusted == pytest.approx(other.p_adjusted)
    if one.ratio.low is not None and other.ratio.high is not None:
        assert one.ratio.low == pytest.approx(1 / other.ratio.high)


@given(st.lists(st.integers(50, 9_000), min_size=5, max_size=9))
def test_a_stack_ties_with_its_double(rates: list[int]) -> None:
    rounds = {"one": rounds_at(rates), "double": rounds_at(rates)}
    for metric in ("throughput", "cpu_s_per_1000"):
        comparison = only(compare(metric, ["one", "double"], rounds))
        assert comparison.ratio.value == 1
        assert comparison.verdict == "equivalent"
        assert comparison.equivalent_within == 0.02


def test_windows_of_a_duet_are_matched_with_those_that_they_were_one_with() -> None:
    """The third stack's windows are no partner of those that stood against the second."""

    def windows(*rates: tuple[int, int]) -> list[Window]:
        return [a_window(index=i, completions=n, times_ms={1.0: 1}) for i, n in rates]

    one = windows((0, 100), (1, 100), (2, 400), (3, 400))
    other = windows((2, 800), (3, 800), (4, 1), (5, 1))
    assert round_difference("throughput", one, other) == pytest.approx(math.log(2))


def test_a_clear_difference_is_significant_with_its_direction() -> None:
    rounds = {"fast": rounds_at([200, 202, 199, 201, 203]), "slow": rounds_at([100] * 5)}
    assert only(compare("throughput", ["fast", "slow"], rounds)).verdict == "higher"
    assert only(compare("throughput", ["slow", "fast"], rounds)).verdict == "lower"


def test_fewer_than_five_rounds_give_a_ratio_without_a_verdict() -> None:
    rounds = {"fast": rounds_at([200, 202, 199, 201]), "slow": rounds_at([100] * 4)}
    comparison = only(compare("throughput", ["fast", "slow"], rounds))
    assert comparison.verdict == "no verdict"
    assert comparison.p_adjusted is None
    assert comparison.ratio.low is not None


def test_a_round_that_one_stack_missed_is_dropped_for_its_pairs_only() -> None:
    whole, holed = rounds_at([200] * 6), dict(rounds_at([100] * 6))
    del holed[3]
    rounds = {"a": whole, "b": rounds_at([150] * 6), "c": holed}
    found = {(c.a, c.b): c.ratio.rounds for c in compare("throughput", ["a", "b", "c"], rounds)}
    assert found == {("b", "a"): 6, ("c", "a"): 5, ("c", "b"): 5}


def test_windows_are_matched_by_turn_and_the_median_speaks() -> None:
    a = [a_window(index=i, completions=n) for i, n in [(0, 100), (5, 100), (6, 100)]]
    b = [a_window(index=i, completions=n) for i, n in [(7, 110), (1, 200), (4, 120)]]
    # By turn: 200/100, 120/100, 110/100, whatever the order in which they are handed over.
    assert round_difference("throughput", a, b) == pytest.approx(math.log(1.2))


def test_a_window_that_stalled_counts_against_its_stack() -> None:
    a = [a_window(index=i, completions=n, times_ms={1.0: 1}) for i, n in [(0, 100), (2, 100)]]
    b = [a_window(index=i, completions=n, times_ms={1.0: 1}) for i, n in [(1, 0), (3, 100)]]
    assert round_difference("throughput", a, b) == pytest.approx(math.log(0.5))


def test_cpu_time_that_is_unknown_leaves_a_pair_out() -> None:
    rounds = {"known": rounds_at([100] * 5), "unknown": rounds_at([100] * 5, cpu_s=None)}
    assert compare("cpu_s_per_1000", ["known", "unknown"], rounds) == ()
    assert len(compare("throughput", ["known", "unknown"], rounds)) == 1


def test_a_difference_below_the_resolution_is_not_significant() -> None:
    rounds = {"a": rounds_at([100] * 5), "b": rounds_at([104] * 5)}
    exact = only(compare("throughput", ["b", "a"], rounds))
    coarse = only(compare("throughput", ["b", "a"], rounds, resolutions={"a": 0.05}))
    assert exact.verdict == "higher"
    assert coarse.verdict == "no difference detected"
    assert coarse.ratio.low is not None
    assert coarse.ratio.low < 1


def test_intervals_grow_with_the_family() -> None:
    noisy = [200, 210, 190, 205, 195]
    pair = {"a": rounds_at(noisy), "b": rounds_at([100] * 5)}
    three = {**pair, "c": rounds_at([50] * 5)}
    alone = only(compare("throughput", ["a", "b"], pair)).ratio
    among = next(c for c in compare("throughput", ["a", "b", "c"], three) if c.a == "b").ratio
    assert _width(among) > 1.2 * _width(alone)


def test_where_holm_and_the_wider_interval_part_ways_it_is_noticed() -> None:
    ratio = Estimate(1.02, 0.99, 1.05, 5)
    told = Comparison("throughput", "a", "b", ratio, 0.04, "higher")
    assert interval_disagrees(told)
    assert not interval_disagrees(dataclasses.replace(told, verdict="no difference detected"))


def test_a_family_keeps_its_size_while_some_pairs_have_too_few_rounds() -> None:
    noisy = [200, 210, 190, 205, 195, 203]
    rounds = {"a": rounds_at(noisy), "b": rounds_at([192] * 6), "late": rounds_at([50] * 4)}
    alone = only(compare("throughput", ["a", "b"], rounds)).p_adjusted
    among = next(c for c in compare("throughput", ["a", "b", "late"], rounds) if c.a == "b")
    assert alone is not None
    assert among.p_adjusted == pytest.approx(3 * alone)


def test_what_may_still_lie_between_two_stacks_is_said() -> None:
    rounds = {"a": rounds_at([100, 104, 97, 102, 98]), "b": rounds_at([101, 99, 100, 98, 103])}
    found = only(compare("throughput", ["a", "b"], rounds))
    assert found.verdict == "no difference detected"
    assert found.ratio.low is not None
    assert found.ratio.high is not None
    assert found.max_difference == max(found.ratio.high - 1, 1 - found.ratio.low)


def test_wild_rounds_that_draw_the_mean_along_flag_heavy_tails() -> None:
    calm = [1_000, 1_001, 999] * 8
    rounds = {"a": rounds_at(calm), "b": rounds_at([1_000] * 24)}
    assert not only(compare("throughput", ["b", "a"], rounds)).heavy_tails
    stalled = [1_000, 1_001, 999] * 6 + [400, 410, 380] * 2
    found = only(compare("throughput", ["a", "b"], {**rounds, "a": rounds_at(stalled)}))
    assert found.heavy_tails
    assert found.robust_ratio == pytest.approx(1, abs=0.01)
    assert found.ratio.value < 0.85


def test_one_in_twenty_families_of_equal_stacks_has_a_false_verdict_at_most() -> None:
    numbers = np.random.default_rng(7)
    replications, false = 300, 0
    for _ in range(replications):
        rates = np.exp(math.log(20_000) + 0.05 * numbers.standard_normal((4, 5))).astype(int)
        rounds = {name: rounds_at(own, 1) for name, own in zip("abcd", rates.tolist(), strict=True)}
        found = compare("throughput", list("abcd"), rounds)
        false += any(is_significant(c) for c in found)
    # Four standard errors above 5 %.
    assert false / replications <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / replications)


def _width(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return math.log(estimate.high / estimate.low)
