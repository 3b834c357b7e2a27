"""A search on a real server of known capacity: what no other process can change."""

from __future__ import annotations

from dataclasses import replace

import pytest
from known_server import CAPACITY_PER_S, CONNECTIONS, SERVICE_S, WANTED

from timetrial.drivers.driver import Target
from timetrial.drivers.native import NativeDriver
from timetrial.engine import Constant, Responder
from timetrial.features.capacity.capacity_target import UrlTarget
from timetrial.features.capacity.curve import curve
from timetrial.features.capacity.measure import measure
from timetrial.model.workload import Expectation, Request


@pytest.mark.live
def test_a_search_that_begins_far_above_the_capacity_comes_down() -> None:
    spec = replace(WANTED, start_per_s=4 * CAPACITY_PER_S, budget_s=20.0)
    with Responder(Constant(SERVICE_S)) as responder:
        target = Target(responder.address, responder.address, (Request("/", Expectation()),))
        record = measure(spec, UrlTarget(target), NativeDriver(), lambda _event: None)
    first = record.trials[0]
    assert (first.ask.phase, first.ask.rate_per_s) == ("double", 4 * CAPACITY_PER_S)
    assert all(
        trial.verdict != "kept" for trial in record.trials if _is_overload(trial.ask.rate_per_s)
    )
    assert min(trial.ask.rate_per_s for trial in record.trials) <= CAPACITY_PER_S
    assert {trial.connections for trial in record.trials} <= {*range(1, CONNECTIONS + 1)}
    for point in curve(record.trials):
        assert point.answered_per_s < 1.1 * CAPACITY_PER_S
        assert point.response_time_ns[0.5] > 0.99 * SERVICE_S * 1e9
    assert record.ending in {"complete", "budget"}


def _is_overload(rate_per_s: float) -> bool:
    return rate_per_s >= 2 * CAPACITY_PER_S
