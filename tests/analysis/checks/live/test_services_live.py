"""Stacks that talk to a service: how many connections they hold, and where the service runs."""

from __future__ import annotations

import pytest
from live_runs import Faulty, Told, measured

pytestmark = pytest.mark.live

BENCHMARKS = """
[[benchmarks]]
workload = "hello"
connections = 8
window_ms = 300
lead_in_ms = 50
windows = 2

[[benchmarks]]
name = "alone"
workload = "hello"
stacks = ["one_connection"]
rate = 50
duration_s = 1

[services.fake-database]
latency = "0ms"
"""


@pytest.fixture(name="told", scope="module")
def _told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    stacks = (Faulty("one_connection", app="backed"), Faulty("four_connections", app="backed"))
    return measured(tmp_path_factory.mktemp("services"), stacks, BENCHMARKS, rounds=1)


def test_unequal_numbers_of_connections_to_a_service_are_told(told: Told) -> None:
    finding = told.findings("one_connection")["unequal-connections"]
    assert finding.severity == "doubtful"
    assert "one_connection 1.00" in finding.evidence
    assert "four_connections 4.00" in finding.evidence


def test_a_stack_alone_in_its_table_has_nobody_to_be_unequal_to(told: Told) -> None:
    assert "unequal-connections" not in told.findings("one_connection", "alone")


def test_a_service_beside_the_load_engine_is_noted(told: Told) -> None:
    assert told.findings("four_connections")["services-beside-generator"].severity == "note"
