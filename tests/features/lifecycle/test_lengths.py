"""How long the parts of experiments last."""

from __future__ import annotations

import pytest

from timetrial.features.lifecycle.context import Lengths


@pytest.mark.parametrize(("workers", "expected_s"), [(1, 6.5), (2, 10.0), (4, 17.0), (16, 20.0)])
def test_a_reload_gets_time_for_each_worker_up_to_a_limit(workers: int, expected_s: float) -> None:
    assert Lengths().after_reload_s(workers) == expected_s


def test_the_wait_for_an_exit_is_longer_than_the_load_before_it() -> None:
    assert Lengths().exit_within_s > Lengths().after_stop_s
