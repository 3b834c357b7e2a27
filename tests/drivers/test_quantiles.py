"""A histogram from quantiles holds what was measured, as far as the quantiles tell."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from timetrial.drivers.k6_plan import SHARES, stat
from timetrial.drivers.k6_report import histogram_of


@given(st.lists(st.integers(1, 10**9), min_size=2, max_size=50))
def test_as_many_quantiles_as_times_give_the_times_back(times: list[int]) -> None:
    times.sort()
    shares = [rank / (len(times) - 1) for rank in range(len(times))]
    histogram = histogram_of(list(zip(shares, map(float, times), strict=True)), len(times))
    assert histogram.count == len(times)
    for low, high, _ in histogram.buckets():
        assert any(low <= time <= high for time in times)


@given(st.integers(1, 3_000), st.floats(1, 1e9), st.floats(0, 1e9))
def test_every_time_lies_between_the_first_and_the_last(
    count: int, least: float, more: float
) -> None:
    histogram = histogram_of([(0.0, least), (0.5, least), (1.0, least + more)], count)
    assert histogram.count == count
    assert histogram.min_ns >= least * 0.998 - 1
    assert histogram.max_ns <= (least + more) * 1.002 + 1


def test_the_quantiles_that_are_asked_for_are_distinct_and_named() -> None:
    assert (SHARES[0], SHARES[-1]) == (0.0, 1.0)
    assert list(SHARES) == sorted(set(SHARES))
    names = [stat(share) for share in SHARES]
    assert len(set(names)) == len(SHARES)
    assert {"p(0)", "p(50)", "p(99.9)", "p(99.999)", "p(100)"} <= set(names)
