"""The driver for tests keeps the contract that the engine keeps."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.drivers.driver import Driver, LoadResult, LoadSpec, SessionConfig, Target
from timetrial.drivers.scripted import Scene, ScriptedDriver
from timetrial.model.workload import Request

TARGET = Target("127.0.0.1:8000", "127.0.0.1:8000", (Request("/"),))


def driven(driver: Driver, *drives: LoadSpec) -> list[LoadResult]:
    session = driver.open([TARGET, TARGET], SessionConfig(connections=8, cpus=(1,), timeout_s=10.0))
    with session:
        return [session.run_load(spec) for spec in drives]


@given(
    st.builds(Scene, requests_per_s=st.floats(0.1, 1e5), wrong=st.booleans()),
    st.floats(0.001, 10),
    st.floats(0, 1),
    st.none() | st.integers(1, 10_000),
)
def test_moments_are_in_order_and_counts_add_up(
    scene: Scene, window_s: float, lead_in_s: float, max_requests: int | None
) -> None:
    spec = LoadSpec(0, window_s, lead_in_s=lead_in_s, max_requests=max_requests)
    (result,) = driven(ScriptedDriver(lambda _target, _drive: scene), spec)
    assert result.started_ns <= result.opened_ns <= result.closed_ns < result.drained_ns
    assert result.closed_ns - result.opened_ns <= round(window_s * 1e9)
    for counts in (result.counts, result.overall):
        arrivals, *parts = astuple(counts)
        assert arrivals == sum(parts)
    assert result.response_time.count == result.counts.arrivals
    assert result.counts.arrivals <= result.overall.arrivals
    if max_requests is not None:
        assert result.counts.arrivals <= max_requests


def test_drives_follow_each_other_and_connections_stay() -> None:
    first, other, again = driven(
        ScriptedDriver(), LoadSpec(0, 0.1), LoadSpec(1, 0.1), LoadSpec(0, 0.1)
    )
    assert first.drained_ns == other.started_ns
    assert other.drained_ns == again.started_ns
    assert [each.connect_time.count for each in (first, other, again)] == [8, 8, 0]


def test_sessions_and_drives_are_remembered() -> None:
    driver = ScriptedDriver()
    driven(driver, LoadSpec(1, 0.1))
    (opened,) = driver.sessions
    assert opened.drives == [LoadSpec(1, 0.1)]
    assert driver.open_sessions == 0


def test_a_script_may_interrupt() -> None:
    def interrupt(_target: Target, _drive: LoadSpec) -> Scene:
        raise KeyboardInterrupt

    driver = ScriptedDriver(interrupt)
    with pytest.raises(KeyboardInterrupt):
        driven(driver, LoadSpec(0, 0.1))
    assert driver.open_sessions == 0
