"""Times as people read them."""

from __future__ import annotations

import pytest

from timetrial.model.units import exact_minutes, in_minutes, lasting, utc_date, whole_minutes


@pytest.mark.parametrize(
    ("whole_s", "text"), [(0, "0 s"), (59, "59 s"), (60, "1 min 00 s"), (161, "2 min 41 s")]
)
def test_whole_seconds_are_written_as_on_a_clock(whole_s: int, text: str) -> None:
    assert whole_minutes(whole_s) == text


def test_in_brief_no_seconds_are_said_of_whole_minutes() -> None:
    assert [whole_minutes(each, brief=True) for each in (59, 120, 125)] == [
        "59 s",
        "2 min",
        "2 min 05 s",
    ]


@pytest.mark.parametrize(
    ("length_s", "text"), [(90.5, "1 min 30.5 s"), (600.0, "10 min"), (0.25, "0.25 s")]
)
def test_a_requested_time_is_written_exactly(length_s: float, text: str) -> None:
    assert exact_minutes(length_s) == text


@pytest.mark.parametrize(
    ("span_s", "text"), [(59.4, "59 s"), (90.0, "2 min"), (4000.0, "1 h 7 min")]
)
def test_a_long_time_is_written_in_minutes_and_hours(span_s: float, text: str) -> None:
    assert lasting(span_s) == text


def test_one_minute_is_no_plural() -> None:
    assert [in_minutes(each) for each in (60.0, 90.0)] == ["1 minute", "1.5 minutes"]


def test_a_date_is_written_for_people_and_what_is_none_as_it_is() -> None:
    assert utc_date("2026-05-02T09:30:00+00:00") == "2 May 2026, 09:30 UTC"
    assert utc_date("yesterday") == "yesterday"
