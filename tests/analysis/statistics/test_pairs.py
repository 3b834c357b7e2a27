"""What rounds say of two stacks: differences of rounds, and quantiles with a jackknife."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs import a_measurement, a_window
from timetrial.analysis.statistics.comparisons import compare
from timetrial.analysis.statistics.measured import Measured
from timetrial.analysis.statistics.pairs import Rounds, hodges_lehmann, pairs_in, response_times
from timetrial.model.summary import Comparison

TIMES = st.lists(st.floats(0.5, 500), min_size=20, max_size=60)


def rounds_with(times_ms: list[list[float]], memory_mib: float = 60) -> Rounds:
    """Give one measurement a round, each of one window with these response times."""
    return {
        number: a_measurement(
            [a_window(completions=len(own), times_ms=own)], round_=number, memory_mib=memory_mib
        )
        for number, own in enumerate(times_ms, start=1)
    }


def only(found: tuple[Comparison, ...]) -> Comparison:
    (comparison,) = found
    return comparison


# An example has some hundred response times: thirty of them show as much as a hundred.
@settings(max_examples=30)
@given(st.lists(st.tuples(TIMES, TIMES), min_size=3, max_size=6))
def test_turning_a_pair_around_turns_its_quantile_ratio_around(
    times: list[tuple[list[float], list[float]]],
) -> None:
    rounds = {"a": rounds_with([a for a, _ in times]), "b": rounds_with([b for _, b in times])}
    pair = pairs_in("p50_ns", rounds, {})
    one, other = pair("a", "b").until(9), pair("b", "a").until(9)
    assert one is not None
    assert other is not None
    assert one.mean == pytest.approx(-other.mean)
    assert one.error == pytest.approx(other.error)


def test_a_quantile_ratio_is_that_of_all_responses_together() -> None:
    fast, slow = [1.0] * 90 + [50.0] * 10, [2.0] * 90 + [50.0] * 10
    rounds = {"a": rounds_with([fast] * 6), "b": rounds_with([slow] * 6)}
    found = only(compare(Measured("p50_ns", rounds), ["b", "a"]))
    assert found.ratio.value == pytest.approx(2, rel=0.002)
    assert found.verdict == "higher"


def test_a_difference_of_one_bucket_is_none() -> None:
    """Histograms have three digits: what lies closer together is the same to them."""
    rounds = {"a": rounds_with([[10.0] * 50] * 12), "b": rounds_with([[10.009] * 50] * 12)}
    found = only(compare(Measured("p50_ns", rounds), ["b", "a"]))
    assert found.verdict == "equivalent"


def test_quantiles_of_a_round_that_one_stack_missed_are_left_out_of_both() -> None:
    own = [[1.0] * 40, [9.0] * 400, [1.0] * 40, [1.0] * 40]
    holed = dict(rounds_with([[2.0] * 40] * 4))
    del holed[2]
    found = only(compare(Measured("p50_ns", {"a": rounds_with(own), "b": holed}), ["b", "a"]))
    assert found.ratio.rounds == 3
    assert found.ratio.value == pytest.approx(2, rel=0.002)


def test_memory_is_compared_round_by_round() -> None:
    one, two = (rounds_with([[1.0] * 5] * 6, memory_mib=mib) for mib in (60, 90))
    found = only(compare(Measured("memory_bytes", {"one": one, "two": two}), ["two", "one"]))
    assert found.ratio.value == pytest.approx(1.5, rel=1e-5)
    assert found.verdict == "higher"


def test_rounds_to_come_are_not_looked_at() -> None:
    rounds = {"a": rounds_with([[1.0] * 30] * 9), "b": rounds_with([[2.0] * 30] * 9)}
    early = pairs_in("throughput", rounds, {})("a", "b").until(4)
    assert early is not None
    assert early.rounds == 4
    assert pairs_in("p99_ns", rounds, {})("a", "b").until(0) is None


def test_response_times_that_are_requested_twice_are_computed_once() -> None:
    times = response_times(rounds_with([[1.0, 2.0, 3.0]] * 4))
    assert times.log_quantile((1, 2, 3), 0.5) is times.log_quantile((1, 2, 3), 0.5)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=12), st.floats(-2, 2))
def test_the_robust_estimate_moves_with_its_values(values: list[float], shift: float) -> None:
    moved = hodges_lehmann([value + shift for value in values])
    assert moved == pytest.approx(hodges_lehmann(values) + shift, abs=1e-9)
    assert min(values) <= hodges_lehmann(values) <= max(values)


def test_a_third_of_wild_values_does_not_carry_the_robust_estimate_away() -> None:
    assert hodges_lehmann([0.0] * 9 + [50.0] * 3) == 0
