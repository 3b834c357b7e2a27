"""The arithmetic that all intervals share, against exact fractions."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.analysis.statistics.mean_inference import evidence

FIGURES = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)


@given(st.lists(FIGURES, min_size=3, max_size=40))
def test_the_standard_error_is_that_of_exact_fractions(values: list[float]) -> None:
    exact = statistics.stdev(values) / math.sqrt(len(values))
    assert evidence(values).error == pytest.approx(exact, rel=1e-9, abs=1e-9)


@given(FIGURES, st.integers(3, 40))
def test_values_that_are_all_the_same_have_no_error_at_all(value: float, n: int) -> None:
    assert evidence([value] * n).error == 0
