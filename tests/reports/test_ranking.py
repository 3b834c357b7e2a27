"""Ranks and ratios to the first: what is printed says what was decided."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs import a_measurement, a_window, json_query
from timetrial.analysis.statistics.comparisons import (
    compare,
    compare_with_best,
    excludes_one,
    is_significant,
)
from timetrial.analysis.statistics.measured import Measured
from timetrial.analysis.statistics.pairs import Rounds
from timetrial.model.summary import Comparison, Estimate, Table, Verdict
from timetrial.reports.ranking import places, ratio_figure

NAMES = "abcde"
TABLES = st.integers(3, 6).flatmap(
    lambda rounds: st.lists(
        st.lists(st.integers(900, 1_150), min_size=rounds, max_size=rounds), min_size=2, max_size=5
    )
)
"""Responses of stacks, round by round."""


def a_table(rates: list[list[int]]) -> Table:
    names = list(NAMES[: len(rates)])
    measured = Measured("throughput", dict(zip(names, map(rounds_at, rates), strict=True)))
    return Table(
        json_query(names), (), compare(measured, names), (), (),
        with_best=compare_with_best(measured, names),
    )  # fmt: skip


def rounds_at(rates: list[int]) -> Rounds:
    return {
        number: a_measurement([a_window(completions=rate, times_ms={1.0: 1})], round_=number)
        for number, rate in enumerate(rates, start=1)
    }


def bounds(text: str | None) -> tuple[float, float]:
    assert text is not None
    low, high = map(float, text.split("–"))
    return low, high


@given(TABLES)
def test_no_verdict_disagrees_with_the_interval_beside_it(rates: list[list[int]]) -> None:
    table = a_table(rates)
    placed = places(table)
    for pair in table.with_best:
        low, high = bounds(placed[pair.b].vs_first.interval)
        assert is_significant(pair) == (not low <= 1 <= high)
        assert placed[pair.b].rank.startswith("1") == (not is_significant(pair))
    for pair in (*table.with_best, *table.comparisons):
        assert is_significant(pair) == excludes_one(pair.ratio)


@given(TABLES)
def test_the_first_is_alone_if_and_only_if_all_others_are_behind_it(
    rates: list[list[int]],
) -> None:
    table = a_table(rates)
    (first,) = {pair.a for pair in table.with_best}
    alone = all(map(is_significant, table.with_best))
    assert (places(table)[first].rank == "1") == alone
    of_pairs = {frozenset((pair.a, pair.b)): pair for pair in table.comparisons}
    for pair in table.with_best if alone else ():
        printed = of_pairs[frozenset((pair.a, pair.b))].ratio
        same = printed if of_pairs[frozenset((pair.a, pair.b))].a == first else printed.inverse()
        assert (same.low, same.high) == pytest.approx((pair.ratio.low, pair.ratio.high))


@pytest.mark.parametrize(
    ("ratio", "text", "interval"),
    [
        (Estimate(0.936, 0.711, 1.262, 5), "0.94", "0.71–1.26"),
        (Estimate(0.96, 0.921, 0.9982, 5), "0.960", "0.921–0.998"),
        (Estimate(0.0581, 0.0579, 0.0584, 5), "0.058", "0.058–0.058"),
        (Estimate(0.5, None, None, 2), "0.50", None),
    ],
)
def test_a_bound_that_excludes_one_is_not_rounded_to_it(
    ratio: Estimate, text: str, interval: str | None
) -> None:
    verdict: Verdict = "lower" if excludes_one(ratio) else "no difference detected"
    found = ratio_figure(Comparison("throughput", "a", "b", ratio, None, verdict))
    assert (found.text, found.interval) == (text, interval)


@pytest.mark.parametrize("verdict", ["no verdict", "not judged"])
def test_a_ratio_without_a_verdict_has_no_interval(verdict: Verdict) -> None:
    ratio = Estimate(0.9, 0.8, 0.95, 5)
    undecided = Comparison("throughput", "a", "b", ratio, None, verdict)
    assert ratio_figure(undecided).interval is None


def test_how_others_stand_among_each_other_is_by_all_pairs() -> None:
    noise = ([0, 3, 1, 2], [0, 3, 1, 2], [3, 0, 2, 1], [2, 1, 3, 0])
    rates = (1_100, 1_000, 1_000, 900)
    table = a_table([[rate + by for by in own] for rate, own in zip(rates, noise, strict=True)])
    assert {name: place.rank for name, place in places(table).items()} == {
        "a": "1",
        "b": "2–3",
        "c": "2–3",
        "d": "4",
    }


def test_stacks_that_were_not_compared_have_no_place() -> None:
    assert places(a_table([[1_000] * 4])) == {}
