"""Laws of the new samples, and of what is looked for in them."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resampling import BLOCK, Share, drawn, overlap, smallest

SIZES = st.integers(1, 80)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - a sample that must repeat


@given(SIZES, SIZES, st.booleans(), st.integers(0, 2**32))
def test_as_many_rounds_are_drawn_as_were_wanted_and_all_were_recorded(
    recorded: int,
    wanted: int,
    swap: bool,  # noqa: FBT001 - a case
    seed: int,
) -> None:
    draws = drawn(recorded, wanted, seeded(seed), swap=swap)
    assert len(draws) == wanted
    assert all(0 <= draw.place < recorded for draw in draws)
    assert swap or not any(draw.swapped for draw in draws)


@given(SIZES, SIZES, st.integers(0, 2**32))
def test_rounds_of_a_block_follow_each_other_and_are_swapped_together(
    recorded: int, wanted: int, seed: int
) -> None:
    draws = drawn(recorded, wanted, seeded(seed), swap=True)
    for at in range(0, wanted, BLOCK):
        first, *others = draws[at : at + BLOCK]
        for step, draw in enumerate(others, start=1):
            assert draw.place == (first.place + step) % recorded
            assert draw.swapped == first.swapped


def test_every_round_is_drawn_as_often_as_any_other() -> None:
    draws = drawn(10, 40_000, seeded(1), swap=True)
    counts = [sum(draw.place == place for draw in draws) for place in range(10)]
    assert min(counts) > 3_700
    assert max(counts) < 4_300
    assert sum(draw.swapped for draw in draws) == pytest.approx(20_000, rel=0.05)


@given(st.floats(0.001, 0.2))
def test_the_smallest_argument_is_where_the_share_is_reached(edge: float) -> None:
    found = smallest(lambda by: by >= edge, 0.0005, 0.3)
    assert edge <= found <= edge * 1.06


def test_what_is_never_reached_is_infinite() -> None:
    assert smallest(lambda _by: False, 0.001, 0.3) == math.inf


@given(st.integers(0, 50), st.integers(0, 50))
def test_the_interval_of_a_share_holds_it(hits: int, misses: int) -> None:
    if hits + misses == 0:
        return
    share = Share(hits, hits + misses)
    low, high = share.bounds
    assert low <= share.value <= high


@given(st.integers(0, 50), st.integers(1, 50), st.floats(0, 0.2))
def test_another_error_makes_the_interval_wider(hits: int, misses: int, error: float) -> None:
    narrow, wide = Share(hits, hits + misses), Share(hits, hits + misses, error)
    assert wide.bounds[0] <= narrow.bounds[0] + 1e-12
    assert wide.bounds[1] >= narrow.bounds[1] - 1e-12
    assert wide.value == narrow.value


@given(*[st.floats(0, 10)] * 4)
def test_intervals_overlap_or_one_lies_above_the_other(
    a: float, b: float, c: float, d: float
) -> None:
    one, other = (min(a, b), max(a, b)), (min(c, d), max(c, d))
    assert overlap(one, other) == overlap(other, one)
    assert overlap(one, other) == (not (one[1] < other[0] or other[1] < one[0]))
