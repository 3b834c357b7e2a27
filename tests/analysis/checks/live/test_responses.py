"""Servers with faults, side by side with a sound one: each check sees its own, and no other."""

from __future__ import annotations

import pytest
from live_runs import Faulty, Told, measured, placement

pytestmark = pytest.mark.live

SOUND = "none"
STACKS = (
    Faulty(SOUND),
    Faulty("shares", workers=2),
    Faulty("errors"),
    Faulty("closes"),
    Faulty("delayed"),
    Faulty("logs"),
    Faulty("one_worker", workers=2),
    Faulty("dies", workers=2),
    Faulty("strays"),
    Faulty("accepts_two"),
    Faulty("another_python", app="older"),
)
SEEN = {
    "errors": ("errors", "invalid", "wrong status"),
    "closes": ("reconnect-per-request", "note", "keep connections alive"),
    "logs": ("server-log", "doubtful", "41 for each"),
    "dies": ("workers-changed", "doubtful", "came or went"),
    "strays": ("not-as-placed", "doubtful", "CPU 0, 1"),
    "accepts_two": ("connections", "invalid", "8 planned connections"),
}
"""By the fault: the finding, its severity, and what it says."""
BY_OTHERS = ("delayed-ack", "worker-imbalance", "littles-law")
"""What other processes can make of a sound server for a moment."""


@pytest.fixture(name="told", scope="module")
def _told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return measured(tmp_path_factory.mktemp("faults"), STACKS, rounds=1)


@pytest.mark.parametrize("fault", SEEN)
def test_a_fault_is_seen_for_what_it_is(told: Told, fault: str) -> None:
    name, severity, says = SEEN[fault]
    findings = told.findings(fault)
    assert name in findings, findings
    assert findings[name].severity == severity
    assert says in findings[name].evidence


def test_a_worker_that_does_all_is_seen_where_another_cpu_is_idle(told: Told) -> None:
    finding = told.findings("one_worker").get("worker-imbalance")
    if len(placement().server_cpus) < 2:
        assert finding is None
    else:
        assert finding is not None
        assert "took 100 %" in finding.evidence


def test_responses_that_wait_for_an_acknowledgement_are_a_plateau(told: Told) -> None:
    found = told.findings("delayed")
    assert "delayed-ack" in found or told.is_disturbed("delayed")
    if "delayed-ack" in found:
        assert found["delayed-ack"].severity == "doubtful"


@pytest.mark.parametrize("stack", [SOUND, "shares"])
def test_a_sound_server_has_none_of_them(told: Told, stack: str) -> None:
    assert told.row(stack).requests
    names = {name for name, _, _ in SEEN.values()} - set(BY_OTHERS)
    assert not told.findings(stack).keys() & names
    assert told.has_none(BY_OTHERS, stack)


def test_requests_that_cannot_be_in_flight_break_littles_law(told: Told) -> None:
    finding = told.findings("accepts_two")["littles-law"]
    # A stall of the machine for a quarter of a window makes it doubtful.
    assert finding.severity in {"doubtful", "invalid"}
    assert "8 connections" in finding.evidence


def test_failures_are_no_throughput(told: Told) -> None:
    for measurement in told.run.measurements:
        for window in measurement.windows:
            assert window.counts.ok + window.counts.failed == window.counts.arrivals
    (row,) = [row for row in told.table().rows if row.stack.name == "errors"]
    own = [m for m in told.run.measurements if m.trial.cell.stack == "errors"]
    counts = [window.counts for m in own for window in m.windows]
    assert row.failed == sum(each.failed for each in counts)
    assert sum(each.wrong_status for each in counts) > 0


def test_one_round_is_too_few(told: Told) -> None:
    assert told.findings(SOUND)["too-few-rounds"].severity == "doubtful"


def test_another_python_in_the_table_is_told(told: Told) -> None:
    if not any(facts.stack == "another_python" for facts in told.run.facts):
        pytest.skip("no second version of CPython is installed here")
    finding = told.findings(SOUND)["unequal-versions"]
    assert "different Pythons" in finding.evidence
    assert "(another_python)" in finding.evidence
