"""Whether a warm-up ended steady: what counts as a change, and how long it must be over."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.analysis.statistics.steadiness import Settling, last_change, settling
from timetrial.model.measurement import WarmUpSeries

SEEDS = st.integers(0, 2**32 - 1)
STRETCH_S = 0.05


def series(
    completions: Sequence[int],
    cpu_ms: Sequence[float | None] | None = None,
    wait_s: float = 0.0,
) -> WarmUpSeries:
    """Make a series; `cpu_ms` is by request, all the time 0.2 by default."""
    costs = cpu_ms or [0.2] * len(completions)
    return WarmUpSeries(
        "hello",
        wait_s,
        (STRETCH_S,) * len(completions),
        tuple(completions),
        tuple(
            None if cost is None else cost * count / 1_000
            for cost, count in zip(costs, completions, strict=True)
        ),
    )


def noisy(levels: Sequence[float], seed: int = 1, share: float = 0.02) -> list[float]:
    randomness = random.Random(seed)  # noqa: S311 - numbers that must repeat
    return [level * (1 + randomness.gauss(0, share)) for level in levels]


def settled(subject: WarmUpSeries) -> Settling:
    found = settling(subject)
    assert found is not None
    return found


def test_equal_stretches_are_steady_from_the_begin_on() -> None:
    found = settled(series([200] * 20))
    assert (found.last_change_s, found.change, found.steady) == (0, 1.0, True)


def test_noise_is_steady() -> None:
    for seed in range(50):
        counts = [round(count) for count in noisy([300] * 20, seed, share=0.03)]
        costs = noisy([0.2] * 20, seed + 1_000)
        assert settled(series(counts, costs)).steady, seed


def test_a_change_that_has_lasted_half_as_long_again_is_steady() -> None:
    found = settled(series([100] * 8 + [200] * 12))
    assert found.quantity == "throughput"
    assert found.last_change_s == pytest.approx(8 * STRETCH_S)
    assert found.change == pytest.approx(2.0)
    assert found.steady
    assert not settled(series([100] * 14 + [200] * 6)).steady


def test_a_change_of_cost_counts_where_throughput_shows_none() -> None:
    found = settled(series([200] * 20, [0.4] * 15 + [0.2] * 5))
    assert found.quantity == "CPU time per request"
    assert found.change == pytest.approx(0.5)
    assert not found.steady


def test_a_slope_to_the_end_is_not_steady() -> None:
    assert not settled(series([100 + 10 * i for i in range(24)])).steady
    assert not settled(series([round(100 * 1.3**i) for i in range(12)])).steady


@given(SEEDS, st.integers(12, 40))
def test_small_changes_are_no_changes(seed: int, n: int) -> None:
    levels = [1.0] * (n - 4) + [1.04] * 4
    assert last_change(noisy(levels, seed, share=0.001), tolerance=0.05) == (0, 1.0)


def test_an_excursion_of_a_stretch_or_two_is_no_change() -> None:
    for length in (1, 2):
        counts = [200] * 24
        counts[18 : 18 + length] = [20] * length
        assert settled(series(counts)).steady
        assert settled(series([200] * (24 - length) + [20] * length)).steady


def test_few_stretches_are_not_judged() -> None:
    assert settling(series([200] * 7)) is None
    assert settling(series([])) is None
    assert settling(series([0] * 20)) is None


def test_stretches_with_few_completions_are_merged_until_they_can_be_judged() -> None:
    assert settling(series([2] * 40)) is None
    found = settled(series([2] * 100))
    assert found.length_s == pytest.approx(5.0)


def test_volleys_of_an_app_that_waits_are_not_cut_through() -> None:
    volleys = [32 if i % 4 == 0 else 0 for i in range(80)]
    found = settled(series(volleys, wait_s=0.2))
    assert found.steady
    assert found.change == 1.0


def test_without_cpu_time_throughput_speaks_alone() -> None:
    found = settled(series([100] * 14 + [200] * 6, [None] * 20))
    assert found.quantity == "throughput"
    assert not found.steady


@given(st.lists(st.integers(0, 500), max_size=60), st.floats(0, 1))
def test_any_series_can_be_judged(counts: list[int], wait_s: float) -> None:
    found = settling(series(counts, wait_s=wait_s))
    if found is not None:
        assert 0 <= found.last_change_s <= found.length_s
