"""Simulated races, in small; `benchmarks/method/racing.py` makes more."""

from __future__ import annotations

import math

import numpy as np
import pytest

from noises import NOISES
from racing import Differs, Sample, raced, row, shares, truths


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
    assert row(3, "equal", Sample(2, seed=1), Sample(1, seed=1)).count("|") == 10


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("truth", ["all alike", "8 % ahead"])
def test_arrays_end_a_race_as_the_shipped_code_does(noise: str, truth: str) -> None:
    sample = Sample(6, seed=2, checked=6)
    shares(truths(5)[truth], noise, sample, drops_slower=True)


def test_a_race_that_the_shipped_code_ends_otherwise_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("many_races.LEVEL", 0.5)
    with pytest.raises(Differs, match="race"):
        shares([0.0] * 4, "equal", Sample(20, seed=1, checked=20), drops_slower=False)
