"""The native engine as a driver, against its own responder."""

from __future__ import annotations

import pytest

from timetrial.drivers.driver import LoadSpec, SessionConfig, Target
from timetrial.drivers.native import NativeDriver
from timetrial.engine import Constant, Responder
from timetrial.model.workload import Request

SETTING = SessionConfig(connections=4, cpus=(), timeout_s=60.0)


def target(responder: Responder) -> Target:
    return Target(responder.address, "localhost", (Request("/"),))


def test_a_duet_gives_each_target_a_result_of_the_same_window() -> None:
    with Responder() as fast, Responder(Constant(0.01)) as slow:
        targets = (target(fast), target(slow))
        with NativeDriver().open_duet(targets, SETTING) as session:
            one, other = session.run_load(LoadSpec(0, 0.2, lead_in_s=0.05))
    assert (one.opened_ns, one.closed_ns) == (other.opened_ns, other.closed_ns)
    assert one.completions > other.completions > 0
    assert other.response_time.min_ns >= 10_000_000
    assert (one.generator_threads, other.generator_threads) == (1, 1)


def test_a_duet_has_no_threads_without_connections() -> None:
    setting = SessionConfig(connections=1, cpus=(0, 0), timeout_s=60.0)
    with (
        Responder() as one,
        Responder() as other,
        NativeDriver().open_duet((target(one), target(other)), setting) as session,
    ):
        results = session.run_load(LoadSpec(0, 10.0, max_requests=20))
    assert [result.connections_reached for result in results] == [1, 1]
    assert {result.generator_threads for result in results} == {1}


def test_a_duet_of_an_odd_number_of_threads_is_refused() -> None:
    with (
        Responder() as responder,
        pytest.raises(ValueError, match="even number of threads"),
    ):
        NativeDriver(3).open_duet((target(responder), target(responder)), SETTING)


def test_a_window_carries_the_generators_cpu_time_and_its_wait_for_a_cpu() -> None:
    with Responder() as responder, NativeDriver().open([target(responder)], SETTING) as session:
        result = session.run_load(LoadSpec(0, 0.2))
    assert 0 < result.generator_cpu_s <= 0.25
    assert result.generator_wait_s is None or 0 <= result.generator_wait_s < 0.2
