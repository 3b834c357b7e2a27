"""Experiments are interleaved over stacks, in an order that a seed fixes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from timetrial.features.lifecycle.run_all import occasions, still_due
from timetrial.model.experiment import Kind

KINDS: Mapping[str, Sequence[Kind]] = {
    "a": ("stop", "reload", "worker"),
    "b": ("stop", "worker"),
}


@given(repeats=st.integers(1, 8), seed=st.integers(0))
def test_each_repeat_holds_each_experiment_once(repeats: int, seed: int) -> None:
    planned = occasions(KINDS, repeats, seed)
    assert len(planned) == len(set(planned)) == 5 * repeats
    assert [occasion.repeat for occasion in planned] == sorted(each.repeat for each in planned)
    assert occasions(KINDS, repeats, seed) == planned


def test_repeats_differ_in_their_order() -> None:
    orders = {
        tuple((each.stack, each.experiment) for each in occasions(KINDS, 1, seed))
        for seed in range(20)
    }
    assert len(orders) > 5


def test_what_was_held_is_not_due_again_nor_what_does_not_start() -> None:
    planned = occasions(KINDS, 2, 0)
    due = still_due(planned, planned[:3], ["b"])
    assert due == tuple(occasion for occasion in planned[3:] if occasion.stack == "a")
