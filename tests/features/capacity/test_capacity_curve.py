"""Response times are added up by rate, and their knee is found."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from scripted_servers import searched, step

from timetrial._engine import Histogram
from timetrial.features.capacity.curve import curve, knee
from timetrial.features.capacity.trial import CapacityTrial, PlannedTrial
from timetrial.model.measurement import Counts


def trial(rate_per_s: float, p99_ms: float, count: int = 1000) -> CapacityTrial:
    times = Histogram()
    times.record(1_000_000, count - count // 50)
    times.record(round(p99_ms * 1e6), count // 50)
    like = searched(step(3000), most=1).taken.trials[0]
    return replace(
        like,
        ask=PlannedTrial("double", 0, rate_per_s, 3.0),
        counts=Counts(arrivals=count, ok=count),
        response_time=base64.b64encode(times.encode()).decode(),
    )


def test_histograms_of_a_rate_are_added_up() -> None:
    (point,) = curve([trial(100, 5), trial(100, 5), trial(100, 5)])
    assert (point.trials, point.requests) == (3, 3000)
    assert point.response_time_ns[0.5] == pytest.approx(1e6, rel=0.01)
    assert point.response_time_ns[0.99] == pytest.approx(5e6, rel=0.01)


def test_void_trials_are_left_out() -> None:
    assert curve([replace(trial(100, 5), verdict="void")]) == ()


def test_a_percentile_without_ten_response_times_beyond_it_is_left_out() -> None:
    (point,) = curve([trial(100, 5, count=900)])
    assert 0.9 in point.response_time_ns
    assert 0.99 not in point.response_time_ns


def test_percentiles_among_requests_without_an_answer_are_lower_bounds() -> None:
    lost = replace(trial(100, 5), counts=Counts(arrivals=1000, ok=980, timeout=20))
    (point,) = curve([lost])
    assert point.at_least == {0.99}


def test_the_knee_is_where_p99_has_doubled() -> None:
    points = curve([trial(100, 5), trial(200, 6), trial(300, 9), trial(400, 12), trial(500, 80)])
    found = knee(points)
    assert found is not None
    assert (found.flat_per_s, found.risen_per_s) == (300, 400)


def test_a_flat_curve_has_no_knee() -> None:
    assert knee(curve([trial(100, 5), trial(200, 6)])) is None
    assert knee(()) is None


def test_cpu_time_is_given_by_answered_requests() -> None:
    told = replace(trial(100, 5), server_cpu_s=0.5, answered_overall=1000)
    assert curve([told])[0].server_cpu_s_per_1000 == pytest.approx(0.5)
    assert curve([told, trial(100, 5)])[0].server_cpu_s_per_1000 is None
