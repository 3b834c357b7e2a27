"""Simulated races, in small; `benchmarks/method/racing.py` makes more."""

from __future__ import annotations

import math

import numpy as np

from racing import raced, row


def test_those_that_stay_get_the_time_of_those_that_leave() -> None:
    numbers = np.random.default_rng(1)
    truth = np.array([0.1, 0.0, -0.5, -0.6, -1.0, -1.2])[:, None]
    values = truth + 0.03 * numbers.standard_normal((6, 36))
    racing, whole = (raced(values, 6, drops_slower=drops) for drops in (True, False))
    assert whole.rounds == 6
    assert racing.dropped == {"2", "3", "4", "5"}
    assert racing.rounds == math.floor(3 + 3 * 6 / 2)
    assert racing.may_be_best == whole.may_be_best == {"0"}


def test_a_row_has_a_share_for_each_truth() -> None:
    assert row(3, "equal", 2, seed=1).count("|") == 11
