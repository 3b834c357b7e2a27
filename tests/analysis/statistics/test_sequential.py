"""Verdicts while rounds go on: decided at looks, kept, and not too often wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs import a_measurement, a_window
from timetrial.analysis.statistics.comparisons import compare, is_significant
from timetrial.analysis.statistics.control import suppress_by_control
from timetrial.analysis.statistics.design import LOOKS, SEVERAL_LOOKS
from timetrial.analysis.statistics.measured import Measured, Procedure
from timetrial.analysis.statistics.pairs import Rounds
from timetrial.model.summary import Comparison, Estimate, Verdict

STACKS = ("a", "b", "c")


def rounds_of(
    effects: Mapping[str, float], seed: int, noise: float, rounds: int
) -> dict[str, Rounds]:
    """Give stacks whose throughput lies by these log effects apart, with noise of rounds."""
    numbers = np.random.default_rng(seed)
    return {
        name: {
            number: a_measurement(
                [
                    a_window(
                        completions=round(1e7 * math.exp(effect + noise * wild)), times_ms={1.0: 1}
                    )
                ],
                round_=number,
            )
            for number, wild in enumerate(numbers.standard_normal(rounds), start=1)
        }
        for name, effect in effects.items()
    }


def at(rounds: Mapping[str, Rounds], done: int) -> dict[tuple[str, str], Comparison]:
    known = {
        name: {number: each for number, each in own.items() if number <= done}
        for name, own in rounds.items()
    }
    found = compare(Measured("throughput", known), STACKS, procedure=Procedure(SEVERAL_LOOKS, done))
    return {(c.a, c.b): c for c in found}


# An example compares three stacks at up to seven looks: forty of them show as much as a hundred.
@settings(max_examples=40)
@given(st.integers(0, 10_000))
def test_what_is_decided_stays_decided(seed: int) -> None:
    rounds = rounds_of({"a": 0, "b": 0.02, "c": 0.05}, seed, 0.03, LOOKS[-1])
    before: set[tuple[str, str]] = set()
    for done in (11, 12, 15, 18, 24, 30, 32):
        apart = {names for names, each in at(rounds, done).items() if is_significant(each)}
        assert before <= apart
        before = apart


@settings(max_examples=40)
@given(st.integers(0, 10_000))
def test_a_verdict_is_what_the_printed_interval_says(seed: int) -> None:
    rounds = rounds_of({"a": 0, "b": 0.01, "c": 0.03}, seed, 0.03, LOOKS[-1])
    for look in LOOKS:
        for each in at(rounds, look).values():
            assert each.ratio.low is not None
            assert each.ratio.high is not None
            assert each.p_adjusted is not None
            apart = not each.ratio.low <= 1 <= each.ratio.high
            assert is_significant(each) == apart
            assert (each.p_adjusted < 0.05) == apart


def test_before_the_first_look_nothing_is_decided() -> None:
    rounds = rounds_of({"a": 0, "b": 1, "c": 2}, 1, 0.01, 11)
    for comparison in at(rounds, 11).values():
        assert comparison.verdict == "no verdict"
        assert comparison.provisional
        assert comparison.ratio.low is not None


def test_between_two_looks_what_is_open_is_provisional_and_what_is_decided_is_as_of_its_look() -> (
    None
):
    rounds = rounds_of({"a": 0, "b": 1, "c": 1}, 2, 0.01, 15)
    found = at(rounds, 15)
    assert is_significant(found["b", "a"])
    assert not found["b", "a"].provisional
    assert found["b", "a"].ratio.rounds == 12
    assert found["c", "b"].provisional
    assert found["c", "b"].verdict == "no verdict"
    assert found["c", "b"].ratio.rounds == 15


def test_an_early_look_has_the_wider_interval() -> None:
    rounds = rounds_of({"a": 0, "b": 0.001, "c": 0.002}, 3, 0.05, 32)
    early, late = (_width(at(rounds, look)["b", "a"].ratio) for look in (12, 32))
    plain = compare(Measured("throughput", rounds), STACKS)
    assert early > 1.5 * late
    assert late > _width(next(c for c in plain if (c.a, c.b) == ("b", "a")).ratio)


def test_equal_stacks_are_called_equivalent_where_the_interval_is_narrow() -> None:
    rounds = rounds_of(dict.fromkeys(STACKS, 0.0), 4, 0.004, 32)
    for comparison in at(rounds, 32).values():
        assert comparison.verdict == "equivalent"
        assert comparison.max_difference is not None
        assert comparison.max_difference <= 0.02


CONTROL = Comparison("throughput", "twin", "itself", Estimate(1.03, 1.01, 1.05, 12), 0.01, "higher")


@pytest.mark.parametrize(
    ("ratio", "verdict", "left"),
    [(1.05, "higher", "not judged"), (1.07, "higher", "higher"), (0.95, "lower", "not judged")],
)
def test_an_alarm_of_the_control_withholds_what_is_less_than_twice_as_large(
    ratio: float, verdict: Verdict, left: Verdict
) -> None:
    comparison = Comparison("throughput", "a", "b", Estimate(ratio, None, None, 12), 0.001, verdict)
    (found,) = suppress_by_control([comparison], [CONTROL])
    assert found.verdict == left


def test_an_alarm_withholds_equivalence_and_concerns_its_own_metric_alone() -> None:
    same = Comparison(
        "throughput",
        "a",
        "b",
        Estimate(1, 0.99, 1.01, 12),
        1.0,
        "equivalent",
        equivalent_within=0.02,
    )
    memory = Comparison("memory_bytes", "a", "b", Estimate(1.01, 1, 1.02, 12), 0.01, "higher")
    found = suppress_by_control([same, memory], [CONTROL])
    assert [each.verdict for each in found] == ["not judged", "higher"]


def test_a_control_that_finds_nothing_withholds_nothing() -> None:
    calm = Comparison(
        "throughput", "twin", "itself", Estimate(1.03, 0.9, 1.2, 12), 0.6, "no difference detected"
    )
    small = Comparison("throughput", "a", "b", Estimate(1.01, 1.0, 1.02, 12), 0.01, "higher")
    assert suppress_by_control([small], [calm]) == (small,)


def _width(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return math.log(estimate.high / estimate.low)
