"""Simulated tables of stacks, in small; `benchmarks/method/families.py` makes more."""

from __future__ import annotations

import numpy as np
import pytest

from allowances import needed
from families import Differs, Sample, row, same_as_shipped, shares
from many_tables import judged
from noises import NOISES
from timetrial.analysis.statistics.allowance import ALL_PAIRS, BEST, allowance
from timetrial.analysis.statistics.design import LOOKS, ONE_LOOK


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(("stacks", "rounds"), [(3, 3), (6, 5), (4, LOOKS[-1])])
def test_arrays_judge_tables_as_the_shipped_code_does(stacks: int, rounds: int, noise: str) -> None:
    shares(stacks, rounds, NOISES[noise], Sample(8, seed=3, checked=8))


def test_a_table_that_the_shipped_code_judges_otherwise_is_named() -> None:
    ahead = np.array([[1.0], [0.0], [0.0]])
    values = 0.01 * np.random.default_rng(1).standard_normal((3, 4))
    said = judged((values + ahead)[None])
    same_as_shipped(values + ahead, said, 0, ONE_LOOK)
    with pytest.raises(Differs, match="table 0"):
        same_as_shipped(values, said, 0, ONE_LOOK)


def test_a_row_has_all_shares() -> None:
    assert row(3, 3, Sample(2, seed=1)).count("|") == len(NOISES) + 4


@pytest.mark.parametrize("noise", ["equal", "SD 1 : 4"])
def test_the_allowances_are_those_that_equal_stacks_need(noise: str) -> None:
    # Of 2,000 tables an allowance is off by 2 % at most; three rounds are where most is needed.
    found = needed(4, 3, NOISES[noise], 0.05, 2_000, seed=1)
    assert found.all_pairs <= allowance(ALL_PAIRS, 4, 3) + 0.05
    assert found.best <= allowance(BEST, 4, 3) + 0.05


def test_an_allowance_falls_with_rounds_and_holds_between_its_rows() -> None:
    for table in (ALL_PAIRS, BEST):
        for stacks in (2, 3, 12, 24):
            each = [allowance(table, stacks, rounds) for rounds in (2, 3, 4, 6, 12, 1_000)]
            assert each == sorted(each, reverse=True)
            assert each[0] == each[1]
            assert each[-1] == each[-2] >= 1.0
