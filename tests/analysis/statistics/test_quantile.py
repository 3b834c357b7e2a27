"""Quantiles of response time: from merged counts, only where the tail bears them."""

from __future__ import annotations

import pytest

from runs import a_measurement, a_window
from timetrial.analysis.statistics.quantile import merged, response_time
from timetrial.model.measurement import Counts, Measurement
from timetrial.model.missing import MissingKind
from timetrial.model.summary import Estimate, Missing


def rounds_of(times_ms: list[list[float]]) -> list[Measurement]:
    return [
        a_measurement([a_window(completions=len(own), times_ms=own)], round_=number)
        for number, own in enumerate(times_ms, start=1)
    ]


def test_windows_are_merged_by_adding_their_counts() -> None:
    windows = [a_window(times_ms={1.0: 3, 2.0: 1}), a_window(times_ms={2.0: 4})]
    assert merged(windows).count == 8
    assert merged(windows).count_between(1_900_000, 2_100_000) == 5


def test_the_quantile_is_that_of_all_responses_together_and_not_a_mean_of_quantiles() -> None:
    fast, slow = [1.0] * 900, [10.0] * 900
    estimate = response_time(rounds_of([fast, fast, fast, slow, slow, slow]), 0.5)
    # Half of all are fast; the mean of the rounds' medians would be 5.5 ms.
    assert isinstance(estimate, Estimate)
    assert estimate.value == pytest.approx(1e6, rel=0.001)


@pytest.mark.parametrize(("q", "needed"), [(0.5, 200), (0.9, 1_000), (0.99, 10_000)])
def test_a_quantile_needs_100_responses_beyond_it(q: float, needed: int) -> None:
    spread = [1 + i / needed for i in range(needed)]
    enough = rounds_of([spread[i::5] for i in range(5)])
    one_short = rounds_of([spread[i : needed - 1 : 5] for i in range(5)])

    assert isinstance(response_time(enough, q), Estimate)
    missing = response_time(one_short, q)
    kind = MissingKind.TOO_FEW_RESPONSES
    assert missing == Missing(kind, q=q, needed=needed, count=needed - 1)


def test_a_tail_that_was_seen_in_fewer_than_five_rounds_gives_no_quantile() -> None:
    calm, stalled = [1.0] * 4_000, [1.0] * 3_900 + [200.0] * 100
    missing = response_time(rounds_of([calm, calm, calm, stalled, stalled]), 0.992)
    kind = MissingKind.TAIL_IN_TOO_FEW_ROUNDS
    assert missing == Missing(kind, q=0.992, needed=5, seen=2, count=20_000)


def test_a_quantile_among_requests_without_an_answer_is_not_given() -> None:
    times = {1.0: 2_900, 10_000.0: 100}
    trials = [
        a_measurement(
            [a_window(completions=2_900, times_ms=times, failed=Counts(timeout=60, censored=40))],
            round_=number,
        )
        for number in range(1, 6)
    ]
    missing = response_time(trials, 0.99)
    kind = MissingKind.TAIL_UNANSWERED
    assert missing == Missing(kind, q=0.99, seen=500, count=15_000)
    assert isinstance(response_time(trials, 0.9), Estimate)


def test_nothing_measured_gives_no_quantile() -> None:
    assert isinstance(response_time([], 0.5), Missing)
