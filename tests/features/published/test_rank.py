"""Rank correlation: its laws, and its figures beside those of SciPy."""

from __future__ import annotations

import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from timetrial.features.published.rank import ranks, spearman

PAIRS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=3, max_size=25).filter(
    lambda pairs: len({a for a, _ in pairs}) > 1 and len({b for _, b in pairs}) > 1
)


def test_ties_share_their_mean_rank() -> None:
    assert ranks([5.0, 1.0, 5.0, 9.0]) == (2.5, 1.0, 2.5, 4.0)


@given(PAIRS)
def test_the_coefficient_is_scipys(pairs: list[tuple[int, int]]) -> None:
    one, other = zip(*pairs, strict=True)
    found = spearman(one, other)
    assert found is not None
    assert found.value == pytest.approx(float(scipy.stats.spearmanr(one, other).statistic))


@given(PAIRS)
def test_only_the_order_counts(pairs: list[tuple[int, int]]) -> None:
    one, other = zip(*pairs, strict=True)
    assert spearman(one, other) == spearman([x**3 for x in one], [2 * y + 7 for y in other])


@given(PAIRS)
def test_the_interval_holds_the_coefficient_and_stays_within_one(
    pairs: list[tuple[int, int]],
) -> None:
    one, other = zip(*pairs, strict=True)
    found = spearman(one, other)
    assert found is not None
    if found.low is not None and found.high is not None:
        assert -1 <= found.low <= found.value <= found.high <= 1


def test_the_interval_is_that_of_bonett_and_wright() -> None:
    one, other = range(10), [0, 2, 1, 4, 3, 9, 5, 6, 8, 7]
    found = spearman(one, other)
    assert found is not None
    # By hand: z = atanh r, error = sqrt((1 + r²/2) / 7), bounds tanh(z ± 1.96 error).
    assert found.value == pytest.approx(0.842424)
    assert found.low == pytest.approx(0.3515, abs=1e-4)
    assert found.high == pytest.approx(0.9700, abs=1e-4)


def test_an_order_that_is_the_same_has_no_interval() -> None:
    found = spearman([1, 2, 3, 4, 5], [10, 20, 30, 40, 50])
    assert found is not None
    assert (found.value, found.low, found.high) == (1, None, None)


def test_two_rows_or_one_figure_have_no_coefficient() -> None:
    assert spearman([1, 2], [2, 1]) is None
    assert spearman([1, 1, 1, 1], [1, 2, 3, 4]) is None
