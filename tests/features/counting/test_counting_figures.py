"""What a request costs in one start, and the new over the old."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.features.counting.figure import Figure, figure_of
from timetrial.features.counting.gate import MAX_REGRESSION, gate_of
from timetrial.features.counting.judge import is_decided, judgements_of, ratio
from timetrial.features.counting.requests import ALL, Repeats, requests_of, with_sum
from timetrial.features.counting.sides import LOOKS, Sides
from timetrial.features.gate.github import commands, markdown
from timetrial.features.gate.json import gate_as_json
from timetrial.features.gate.judgement import GateRule
from timetrial.features.gate.junit import junit
from timetrial.features.gate.text import headline
from timetrial.model import Stack, Step, Workload
from timetrial.stacks.counters.counter import Executed

RULE = GateRule((), MAX_REGRESSION, counts=("instructions", "system_calls"))
NAMES = ("gunicorn-sync, main", "gunicorn-sync, working tree")
SD = 0.0017


def starts(mean: float, number: int, seed: int, sd: float = SD) -> list[float]:
    randomness = random.Random(seed)  # noqa: S311 - has to be repeatable
    return [mean * math.exp(randomness.gauss(0, sd)) for _ in range(number)]


def sides_of(change: float, number: int = 16, seed: int = 1) -> Sides:
    old, new = (
        tuple({"GET /": Figure(count, 21.0)} for count in starts(mean, number, seed + side))
        for side, mean in enumerate((1e6, 1e6 * (1 + change)))
    )
    return Sides(old, new)


def test_requests_beside_which_a_timer_ticked_are_left_out() -> None:
    alike = [Executed(1_000 + number % 3, 20, (7,), 100) for number in range(60)]
    ticked = [Executed(9_000, 25, (8, number), 900) for number in range(40)]
    assert figure_of([*ticked, *alike]) == Figure(1_001, 20, 901)


def test_where_no_system_calls_are_common_every_request_counts() -> None:
    countings = [Executed(1_000 + number, number, (number,)) for number in range(11)]
    assert figure_of(countings, together=2) == Figure(502.5, 2.5, None)


def test_several_requests_have_a_figure_each_and_a_weighted_sum() -> None:
    steps = [Step({"wsgi": path}) for path in ("/a", "/a", "/a", "/b")]
    stack = Stack("gunicorn", "gunicorn", "app", "wsgi", 1, 1)
    requests = requests_of(Workload("mix", tuple(steps), is_mix=True), stack)
    assert [(each.label, each.weight) for each in requests] == [("GET /a", 0.75), ("GET /b", 0.25)]
    figures = with_sum({"GET /a": Figure(100, 10, 90), "GET /b": Figure(200, 20)}, requests)
    assert figures[ALL] == Figure(125, 12.5, None)


def test_each_of_many_requests_is_counted_often_enough() -> None:
    assert [Repeats().rounds(requests) for requests in (1, 2, 20)] == [300, 150, 60]


@given(st.floats(-0.05, 0.05), st.sampled_from(LOOKS.looks), st.integers(0, 9))
def test_a_ratio_turned_round_is_the_inverse(change: float, number: int, seed: int) -> None:
    look = LOOKS.looks.index(number)
    old, new = starts(1e6, number, seed), starts(1e6 * (1 + change), number, seed + 1)
    there, back = ratio(old, new, look), ratio(new, old, look).inverse()
    assert there.value == pytest.approx(back.value)
    assert there.low == pytest.approx(back.low)
    assert there.high == pytest.approx(back.high)


def test_an_interval_at_an_early_look_is_wider_than_at_the_last() -> None:
    def width(number: int, look: int) -> float:
        found = ratio(starts(1e6, number, 1), starts(1e6, number, 2), look)
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    assert width(8, 2) > width(8, 4)


def test_counts_that_never_vary_are_known_exactly() -> None:
    same, more = ratio([20.0] * 4, [20.0] * 4, 0), ratio([20.0] * 4, [21.0] * 4, 0)
    assert (same.low, same.value, same.high) == (1, 1, 1)
    assert more.low == more.high == pytest.approx(1.05)


@pytest.mark.parametrize(
    ("change", "call"), [(0.005, "regression"), (0.0, "within the limit"), (0.002, "cannot tell")]
)
def test_old_and_new_are_judged_by_the_usual_limit(change: float, call: str) -> None:
    instructions, calls = judgements_of(sides_of(change), NAMES[1], RULE)
    assert (instructions.call, calls.call) == (call, "within the limit")
    assert is_decided([instructions, calls]) is (call != "cannot tell")


def test_equal_sides_raise_no_more_alarms_than_they_may() -> None:
    """At a limit of 0 %, whatever look ends it: one side of a level of 5 %."""
    rule = GateRule((), 0.0, counts=("instructions",))
    alarms = 0
    for seed in range(0, 600, 2):
        whole = sides_of(0.0, seed=10_000 + seed)
        looks = (Sides(whole.old[:n], whole.new[:n]) for n in LOOKS.looks)
        alarms += any(judgements_of(each, NAMES[1], rule)[0].call == "regression" for each in looks)
    assert alarms <= 16  # of 300: more have a probability of 0.2 % at 2.5 %


def test_a_regression_of_counts_is_told_wherever_a_gate_is() -> None:
    gate = gate_of(sides_of(0.005), NAMES, RULE, "Valgrind 3.19.0")
    assert gate.failed
    assert headline(gate) == (
        "Failed: 1 of 2 figures is worse by more than 0.2 %; 1 within the limit."
    )
    assert 'name="gunicorn-sync, working tree: instructions per request"' in junit(gate)
    assert "a regression" in commands(gate)[0]
    assert "| GET / | gunicorn-sync, working tree | instructions per request | +0." in markdown(
        gate
    )
    assert '"metric": "instructions"' in gate_as_json(gate)
    assert any("instructions a request before" in remark for remark in gate.remarks)
