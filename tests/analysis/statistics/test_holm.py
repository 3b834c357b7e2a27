"""Holm's adjustment: its laws, and cases worked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.analysis.statistics import holm

P_VALUES = st.lists(st.floats(0, 1), max_size=12)


@pytest.mark.parametrize(
    ("given_p", "expected"),
    [
        ([], []),
        ([0.04], [0.04]),
        ([0.01, 0.04], [0.02, 0.04]),
        ([0.04, 0.01, 0.03], [0.06, 0.03, 0.06]),
        ([0.01, 0.02, 0.03, 0.04], [0.04, 0.06, 0.06, 0.06]),
        ([0.9, 0.8], [1.0, 1.0]),
    ],
)
def test_small_cases_are_as_worked_by_hand(given_p: list[float], expected: list[float]) -> None:
    assert holm.adjusted(given_p) == pytest.approx(expected)


@given(P_VALUES)
def test_the_adjusted_are_in_the_same_order_and_lie_between_the_raw_and_bonferroni(
    p_values: list[float],
) -> None:
    adjusted = holm.adjusted(p_values)
    for p, q in zip(p_values, adjusted, strict=True):
        assert p <= q <= min(1.0, len(p_values) * p)
    by_raw = [q for _, q in sorted(zip(p_values, adjusted, strict=True))]
    assert by_raw == sorted(by_raw)


@given(P_VALUES, st.floats(0.001, 0.5))
def test_rejections_are_those_of_the_stepwise_procedure(
    p_values: list[float], level: float
) -> None:
    """The definition in Holm's paper: step up from the smallest, stop at the first that fails."""
    m = len(p_values)
    rejected: set[int] = set()
    for rank, index in enumerate(sorted(range(m), key=lambda i: p_values[i])):
        if (m - rank) * p_values[index] >= level:
            break
        rejected.add(index)
    assert {i for i, q in enumerate(holm.adjusted(p_values)) if q < level} == rejected
