"""Every request of an outcome is accounted for, and silence is distinguished from chance."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from experiments_made_up import a_passage
from timetrial.model.experiment import EventOutcome
from timetrial.model.measurement import Counts


@given(lost=st.integers(0, 50), refused=st.integers(0, 50), early=st.integers(0, 50))
def test_what_failed_is_lost_or_refused_or_failed_before(
    lost: int, refused: int, early: int
) -> None:
    outcome = a_passage(lost, refused, early)
    assert outcome.lost + outcome.refused + outcome.failed_before == outcome.counts.failed
    assert (outcome.lost, outcome.refused, outcome.failed_before) == (lost, refused, early)


@given(lost=st.integers(0, 50), cut_off=st.integers(0, 50), early=st.integers(0, 50))
def test_what_is_lost_was_in_flight_or_came_later(lost: int, cut_off: int, early: int) -> None:
    cut_off = min(cut_off, lost)
    outcome = a_passage(lost, early=early, cut_off=cut_off)
    assert (outcome.cut_off, outcome.ignored) == (cut_off, lost - cut_off)


def test_an_outage_is_the_longest_silence_since_it_happened() -> None:
    assert a_passage(silent=range(12, 17)).outage_s == 0.5
    assert a_passage(silent=range(5)).outage_s == 0.0


def test_a_server_that_never_answers_again_is_out_for_the_rest() -> None:
    assert a_passage(silent=range(10, 40)).outage_s == 3.0
    cut = replace(a_passage(), completions=(20,) * 10)
    assert cut.outage_s == 3.0


@given(st.lists(st.integers(0, 3), min_size=40, max_size=40))
def test_at_a_slow_rate_silence_needs_the_time_of_five_requests(completions: list[int]) -> None:
    slow = EventOutcome(10.0, 4.0, 0.0, Counts(), Counts(), tuple(completions), (0,) * 40, 0.0)
    halves = [completions[start : start + 5] for start in range(0, 40, 5)]
    assert (slow.outage_s == 0) == all(any(half) for half in halves)
    assert slow.outage_s in {round(n * 0.5, 1) for n in range(9)}
