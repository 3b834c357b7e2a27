"""Two stacks at a time: paired within rounds, decided over rounds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs import a_measurement, a_window
from timetrial.analysis.statistics.comparisons import compare, compare_with_best, is_significant
from timetrial.analysis.statistics.families import AllPairs, Bonferroni, Family, WithBest
from timetrial.analysis.statistics.mean_inference import Evidence
from timetrial.analysis.statistics.measured import Measured
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
    one = only(compare(Measured("throughput", rounds), ["b", "a"]))
    other = only(compare(Measured("throughput", rounds), ["a", "b"]))

    assert (one.a, one.b) == ("a", "b")
    assert one.ratio.value == pytest.approx(1 / other.ratio.value)
    assert one.p_adjusted == pytest.approx(other.p_adjusted)
    if one.ratio.low is not None and other.ratio.high is not None:
        assert one.ratio.low == pytest.approx(1 / other.ratio.high)


@given(st.lists(st.integers(50, 9_000), min_size=5, max_size=9))
def test_a_stack_ties_with_its_double(rates: list[int]) -> None:
    rounds = {"one": rounds_at(rates), "double": rounds_at(rates)}
    for metric in ("throughput", "cpu_s_per_1000"):
        comparison = only(compare(Measured(metric, rounds), ["one", "double"]))
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
    assert only(compare(Measured("throughput", rounds), ["fast", "slow"])).verdict == "higher"
    assert only(compare(Measured("throughput", rounds), ["slow", "fast"])).verdict == "lower"


def test_fewer_than_three_rounds_give_a_ratio_without_a_verdict() -> None:
    rounds = {"fast": rounds_at([200, 202]), "slow": rounds_at([100] * 2)}
    comparison = only(compare(Measured("throughput", rounds), ["fast", "slow"]))
    assert comparison.verdict == "no verdict"
    assert comparison.p_adjusted is None
    assert comparison.ratio.low is None


def test_a_round_that_one_stack_missed_is_dropped_for_its_pairs_only() -> None:
    whole, holed = rounds_at([200] * 6), dict(rounds_at([100] * 6))
    del holed[3]
    rounds = {"a": whole, "b": rounds_at([150] * 6), "c": holed}
    found = {
        (c.a, c.b): c.ratio.rounds for c in compare(Measured("throughput", rounds), ["a", "b", "c"])
    }
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
    assert compare(Measured("cpu_s_per_1000", rounds), ["known", "unknown"]) == ()
    assert len(compare(Measured("throughput", rounds), ["known", "unknown"])) == 1


def test_a_difference_below_the_resolution_is_not_significant() -> None:
    rounds = {"a": rounds_at([100] * 5), "b": rounds_at([104] * 5)}
    exact = only(compare(Measured("throughput", rounds), ["b", "a"]))
    coarse = only(compare(Measured("throughput", rounds, {"a": 0.05}), ["b", "a"]))
    assert exact.verdict == "higher"
    assert coarse.verdict == "no difference detected"
    assert coarse.ratio.low is not None
    assert coarse.ratio.low < 1


@pytest.mark.parametrize("family", [Bonferroni, AllPairs, WithBest])
def test_intervals_grow_with_the_family(family: Callable[[int], Family]) -> None:
    each = Evidence(0.1, 0.1, 12, degrees_of_freedom=20.0)
    errors = [family(size).errors(0.05, each) for size in (3, 6, 12, 24)]
    assert errors == sorted(errors)
    assert errors[0] < 0.9 * errors[-1]


def test_what_may_still_lie_between_two_stacks_is_said() -> None:
    rounds = {"a": rounds_at([100, 104, 97, 102, 98]), "b": rounds_at([101, 99, 100, 98, 103])}
    found = only(compare(Measured("throughput", rounds), ["a", "b"]))
    assert found.verdict == "no difference detected"
    assert found.ratio.low is not None
    assert found.ratio.high is not None
    assert found.max_difference == max(found.ratio.high - 1, 1 - found.ratio.low)


def test_wild_rounds_that_draw_the_mean_along_flag_heavy_tails() -> None:
    calm = [1_000, 1_001, 999] * 8
    rounds = {"a": rounds_at(calm), "b": rounds_at([1_000] * 24)}
    assert not only(compare(Measured("throughput", rounds), ["b", "a"])).heavy_tails
    stalled = [1_000, 1_001, 999] * 6 + [400, 410, 380] * 2
    found = only(compare(Measured("throughput", {**rounds, "a": rounds_at(stalled)}), ["a", "b"]))
    assert found.heavy_tails
    assert found.robust_ratio == pytest.approx(1, abs=0.01)
    assert found.ratio.value < 0.85


def test_one_in_twenty_families_of_equal_stacks_has_a_false_verdict_at_most() -> None:
    numbers = np.random.default_rng(7)
    replications, false, false_of_best = 300, 0, 0
    for _ in range(replications):
        rates = np.exp(math.log(20_000) + 0.05 * numbers.standard_normal((4, 5))).astype(int)
        rounds = {name: rounds_at(own, 1) for name, own in zip("abcd", rates.tolist(), strict=True)}
        measured = Measured("throughput", rounds)
        false += any(map(is_significant, compare(measured, list("abcd"))))
        false_of_best += any(map(is_significant, compare_with_best(measured, list("abcd"))))
    # Four standard errors above 5 %.
    most = 0.05 + 4 * math.sqrt(0.05 * 0.95 / replications)
    assert false / replications <= most
    assert false_of_best / replications <= most


def test_of_three_stacks_the_best_is_found_with_fewer_rounds_than_all_pairs_take() -> None:
    numbers = np.random.default_rng(11)
    rates = 20_000 * np.exp(0.05 * numbers.standard_normal((6, 6)) + [[0.12], *[[0.0]] * 5])
    rounds = {
        name: rounds_at(own, 1)
        for name, own in zip("abcdef", rates.astype(int).tolist(), strict=True)
    }
    measured = Measured("throughput", rounds)
    with_best = compare_with_best(measured, list("fedcba"))
    all_pairs = compare(measured, list("abcdef"))
    of_winner = {(c.a, c.ratio) for c in all_pairs if c.b == "a"}
    others = [c for c in all_pairs if "a" not in {c.a, c.b}]
    assert {c.a for c in with_best} == {"a"}
    assert {c.b for c in with_best} == set("bcdef")
    assert all(c.verdict == "lower" for c in with_best)
    widths = [[_width(pair.ratio) for pair in pairs] for pairs in (with_best, others)]
    assert max(widths[0]) < max(widths[1])
    assert statistics.fmean(widths[0]) < 0.9 * statistics.fmean(widths[1])
    assert of_winner == {(c.b, c.ratio.inverse()) for c in with_best}


def test_the_best_in_cpu_time_is_the_one_that_takes_least() -> None:
    rounds = {name: rounds_at([1_000] * 5, cpu_s=cpu) for name, cpu in {"a": 0.4, "b": 0.2}.items()}
    found = only(compare_with_best(Measured("cpu_s_per_1000", rounds), ["a", "b"]))
    assert (found.a, found.b, found.verdict) == ("b", "a", "higher")


def test_two_stacks_are_compared_with_the_best_as_with_each_other() -> None:
    rounds = {"a": rounds_at([100, 104, 97, 102, 98]), "b": rounds_at([91, 99, 90, 98, 93])}
    measured = Measured("throughput", rounds)
    (of_pair,) = compare(measured, ["a", "b"])
    (of_best,) = compare_with_best(measured, ["a", "b"])
    assert (of_best.a, of_best.b) == ("a", "b")
    assert (of_pair.a, of_pair.b) == ("b", "a")
    assert _width(of_best.ratio) == pytest.approx(_width(of_pair.ratio))
    assert of_best.p_adjusted == pytest.approx(of_pair.p_adjusted)


def _width(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return math.log(estimate.high / estimate.low)
