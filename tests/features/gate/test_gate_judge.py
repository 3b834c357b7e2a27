"""A regression is called where the whole interval lies beyond the limit, and nowhere else."""

from __future__ import annotations

import pytest
from gates_made_up import OPEN, REGRESSION, WITHIN, a_gate, judged, without_figure
from hypothesis import given
from hypothesis import strategies as st

from timetrial.features.gate.judge import NO_INTERVAL, furthest, judge
from timetrial.features.gate.judgement import Judgement, JudgementKind, Undecided, UndecidedKind
from timetrial.model.metrics import COMPARED, ComparedMetric
from timetrial.model.summary import Estimate
from timetrial.model.trial import Cell

CELL = Cell("json_query", "uvicorn")
METRICS = st.sampled_from(COMPARED)
LIMITS = st.sampled_from([0.0, 0.02, 0.05, 0.5])
RATIOS = st.lists(st.floats(0.1, 10), min_size=3, max_size=3).map(sorted)


@pytest.mark.parametrize(
    ("metric", "low", "high", "call"),
    [
        ("throughput", 0.90, 0.94, "regression"),
        ("throughput", 0.90, 0.95, "cannot tell"),
        ("throughput", 0.90, 1.10, "cannot tell"),
        ("throughput", 0.95, 0.99, "within the limit"),
        ("throughput", 1.20, 1.30, "within the limit"),
        ("p99_ns", 1.06, 1.20, "regression"),
        ("p99_ns", 1.05, 1.20, "cannot tell"),
        ("p99_ns", 1.01, 1.05, "within the limit"),
        ("memory_bytes", 0.50, 0.60, "within the limit"),
    ],
)
def test_the_interval_decides(
    metric: ComparedMetric, low: float, high: float, call: JudgementKind
) -> None:
    assert judged(low, high, metric).call == call


@given(ratio=RATIOS, metric=METRICS, limit=LIMITS)
def test_no_regression_is_called_whose_interval_holds_the_limit_or_anything_better(
    ratio: list[float], metric: ComparedMetric, limit: float
) -> None:
    judgement = _judge(ratio, metric, limit)
    edge = furthest(metric, limit)
    low, _, high = ratio
    holds = high >= edge if metric == "throughput" else low <= edge
    assert (judgement.call == "regression") == (not holds)


@given(ratio=RATIOS, metric=METRICS)
def test_swapping_old_and_new_turns_a_regression_into_an_improvement(
    ratio: list[float], metric: ComparedMetric
) -> None:
    there, back = _judge(ratio, metric, 0.0), _judge(_swapped(ratio), metric, 0.0)
    assert (there.call == "regression") == back.improved
    assert (back.call == "regression") == there.improved


@given(ratio=RATIOS, metric=METRICS, limit=LIMITS)
def test_nothing_is_a_regression_both_ways(
    ratio: list[float], metric: ComparedMetric, limit: float
) -> None:
    calls = {_judge(each, metric, limit).call for each in (ratio, _swapped(ratio))}
    assert calls != {"regression"}


@given(ratio=RATIOS, metric=METRICS)
def test_a_wider_limit_never_makes_a_regression(ratio: list[float], metric: ComparedMetric) -> None:
    narrow, wide = _judge(ratio, metric, 0.02), _judge(ratio, metric, 0.05)
    assert not (wide.call == "regression" and narrow.call != "regression")
    assert not (narrow.call == "within the limit" and wide.call != "within the limit")


def test_without_an_interval_nothing_can_be_told() -> None:
    judgement = judge(CELL, "throughput", Estimate(0.5, None, None, 1), 0.05)
    assert (judgement.call, judgement.undecided) == ("cannot tell", NO_INTERVAL)


def test_what_keeps_an_interval_from_deciding_is_heard() -> None:
    few = Undecided(UndecidedKind.TOO_FEW_ROUNDS, 3)
    judgement = judge(CELL, "throughput", Estimate(0.5, 0.49, 0.51, 3), 0.05, few)
    assert (judgement.call, judgement.undecided) == ("cannot tell", few)


def test_only_a_regression_keeps_a_gate_shut() -> None:
    assert a_gate(WITHIN, REGRESSION).failed
    assert not a_gate(WITHIN, OPEN, without_figure()).failed


@pytest.mark.parametrize("judgement", [OPEN, without_figure(), REGRESSION])
def test_a_strict_gate_lets_only_through_what_is_within_the_limit(judgement: Judgement) -> None:
    assert a_gate(WITHIN, judgement, strict=True).failed
    assert not a_gate(WITHIN, strict=True).failed


def _judge(ratio: list[float], metric: ComparedMetric, limit: float) -> Judgement:
    low, value, high = ratio
    return judge(CELL, metric, Estimate(value, low, high, 12), limit)


def _swapped(ratio: list[float]) -> list[float]:
    return sorted(1 / each for each in ratio)
